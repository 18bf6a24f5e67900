import type { Failover } from '@everdial/api-client';
import { DataTable, formatCount, formatDuration, formatExact, Spans, StateBadge, type Column, type Span } from '@everdial/ui';
import { Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { failoverQuery } from '../queries';
import classes from './FailoverReport.module.css';
import { Loaded } from './Loaded';
import { Facts } from './Page';
import { ownerName, reasonText, resourceName } from './words';

type Step = NonNullable<Failover['timeline']>[number];

const steps: Record<Step['what'], string> = {
  last_sign_of_life: 'Last sign of life',
  freed: 'Free',
  detected: 'Taken for lost',
  acquired: 'Taken over',
  barrier: 'Barrier up',
  first_dial: 'First new dial',
  settled: 'All settled',
};
/** From here on somebody acts again. */
const acting = new Set<Step['what']>(['barrier', 'first_dial', 'settled']);

/** Each step as what lies between it and the one before it. */
function spansOf(timeline: readonly Step[]): Span[] {
  const begun = Date.parse(timeline[0]?.at ?? '');
  return timeline.map(({ at, what, detail }, i) => ({
    key: what,
    what: steps[what],
    from: Date.parse(timeline[Math.max(0, i - 1)]!.at),
    to: Date.parse(at),
    told: i === 0 ? 'begins' : `+ ${formatDuration(Date.parse(at) - begun)}`,
    detail: what === 'freed' ? reasonText(detail) : detail,
    tone: acting.has(what) ? 'busy' : 'bad',
  }));
}

const togetherColumns: readonly Column<Failover>[] = [
  { key: 'resource', header: 'What', width: 'minmax(9rem, 1fr)', cell: ({ resource }) => resourceName(resource) },
  { key: 'to', header: 'To', width: 'minmax(11rem, 1fr)', cell: ({ to }) => ownerName(to) },
  { key: 'without', header: 'Without', width: '6rem', align: 'right', cell: ({ without_master_ms }) => formatDuration(without_master_ms) },
];

/** One change of masters: what was seen by whom, how long each step took, and what it did to contacts. */
export function FailoverReport({ id, onClose }: { id: number | undefined; onClose: () => void }) {
  const query = useQuery({ ...failoverQuery(id ?? 0), enabled: id !== undefined });
  return (
    <Modal opened={id !== undefined} onClose={onClose} title={`Failover ${id ?? ''}`} size="56rem" closeButtonProps={{ 'aria-label': 'Close' }}>
      {id !== undefined && <Loaded query={query}>{(failover) => <Report failover={failover} />}</Loaded>}
    </Modal>
  );
}

function Report({ failover }: { failover: Failover }) {
  const timeline = failover.timeline ?? [];
  const together = failover.together_with ?? [];
  const settled = failover.settled;
  return (
    <>
      <Facts
        facts={[
          ['What', <span title={failover.resource}>{resourceName(failover.resource)}</span>],
          ['From', ownerName(failover.from)],
          ['To', ownerName(failover.to)],
          ['Why', reasonText(failover.reason)],
          ['When', formatExact(failover.at)],
          ['Nobody acted for', <strong>{formatDuration(failover.without_master_ms)}</strong>],
          ...(failover.contacts_affected === undefined ? [] : [['Contacts affected', formatCount(failover.contacts_affected)] as const]),
        ]}
      />
      {timeline.length > 0 && (
        <Spans label="Step by step" spans={spansOf(timeline)} from={Date.parse(timeline[0]!.at)} to={Date.parse(timeline.at(-1)!.at)} />
      )}
      {settled && (
        <p className={classes.text}>
          Attempts in the air: {settled.done ?? 0} done, {settled.aborted ?? 0} never executed (they come again),{' '}
          {settled.unknown ? <StateBadge tone="bad">{`${settled.unknown} unknown`}</StateBadge> : '0 unknown'}.
        </p>
      )}
      {together.length > 0 && (
        <>
          <h3 className={classes.head}>Together with it</h3>
          <DataTable label="Together with it" columns={togetherColumns} rows={together} rowKey={(one) => one.id} maxHeight="14rem" empty={null} />
        </>
      )}
      <details className={classes.text}>
        <summary>Evidence as it was recorded</summary>
        <pre className={classes.evidence} tabIndex={0} aria-label="Evidence">
          {JSON.stringify(failover.evidence, null, 2)}
        </pre>
      </details>
    </>
  );
}
