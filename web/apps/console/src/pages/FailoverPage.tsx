import type { Failover, Readiness, Server, WhatIf } from '@everdial/api-client';
import { DataTable, EmptyState, formatCode, formatCount, formatDuration, Panel, StateBadge, When, type Column } from '@everdial/ui';
import { Anchor, NativeSelect } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';
import { Drills } from '../parts/Drills';
import { FailoverReport } from '../parts/FailoverReport';
import { Loaded } from '../parts/Loaded';
import { Matrix } from '../parts/Matrix';
import { Facts, Page } from '../parts/Page';
import { PagedTable } from '../parts/PagedTable';
import { useMayAdminister } from '../parts/session';
import { ownerName, reasonText, resourceName } from '../parts/words';
import { drillsQuery, failoversQuery, readinessQuery, statusQuery, whatIfQuery } from '../queries';
import classes from './FailoverPage.module.css';

export function FailoverPage() {
  const [chosen, setChosen] = useState<string>();
  const readiness = useQuery(readinessQuery);
  const status = useQuery(statusQuery);
  const server = chosen ?? status.data?.servers[0]?.name ?? '';
  const whatIf = useQuery({ ...whatIfQuery(server), enabled: server !== '', placeholderData: keepPreviousData });
  const drills = useInfiniteQuery(drillsQuery);
  const failovers = useInfiniteQuery(failoversQuery(''));
  const mayChange = useMayAdminister();
  // All at once: panels that come one after the other push each other down.
  const late = [readiness, status, ...(server === '' ? [] : [whatIf]), drills, failovers].find((query) => query.data === undefined);
  if (late)
    return (
      <Page title="Failover">
        <Loaded query={late as UseQueryResult<never>}>{() => null}</Loaded>
      </Page>
    );
  const servers = status.data!.servers;
  return (
    <Page title="Failover">
      <ReadinessPanel readiness={readiness.data!} />
      {whatIf.data && <WhatIfPanel servers={servers} server={server} onChoose={setChosen} whatIf={whatIf.data} />}
      <Drills servers={servers} server={server} mayChange={mayChange} />
      <History servers={servers} />
    </Page>
  );
}

const tolerance = ({ servers, limited_by }: Readiness['tolerance']) =>
  `${servers} more ${servers === 1 ? 'server' : 'servers'} may be lost: ${limited_by.join(', ')}.`;

type Need = Readiness['servers'][number]['needs'][number];

function ReadinessPanel({ readiness }: { readiness: Readiness }) {
  const needs = [...new Set(readiness.servers.flatMap((server) => server.needs.map(({ need }) => need)))];
  return (
    <Panel title="Readiness">
      <p className={classes.tolerance}>
        <strong className={classes.number} data-none={readiness.tolerance.servers === 0 || undefined}>
          {readiness.tolerance.servers}
        </strong>
        <span>
          {tolerance(readiness.tolerance)} {readiness.tolerance.servers > 0 && 'Whichever it is, others do its work. '}PostgreSQL is not counted.
        </span>
      </p>
      <Matrix
        label="What each server needs to take over"
        corner="It needs"
        rows={needs.map((need) => ({ key: need, head: formatCode(need), row: need }))}
        columns={readiness.servers.map((server) => ({
          key: server.server,
          head: (
            <>
              {server.server} <StateBadge tone={server.ready ? 'good' : 'bad'}>{server.ready ? 'ready' : 'not ready'}</StateBadge>
            </>
          ),
          column: server.needs,
        }))}
        cell={(need, found) => <Found need={found.find((one) => one.need === need)} />}
      />
    </Panel>
  );
}

const Found = ({ need }: { need: Need | undefined }) =>
  need ? (
    <>
      <StateBadge tone={need.met ? 'good' : 'bad'}>{need.met ? 'met' : 'not met'}</StateBadge> <span className={classes.found}>{need.detail}</span>
    </>
  ) : (
    '–'
  );

interface WhatIfProps {
  servers: Server[];
  server: string;
  onChoose: (server: string) => void;
  whatIf: WhatIf;
}

function WhatIfPanel({ servers, server, onChoose, whatIf }: WhatIfProps) {
  const { takes, without_work } = whatIf;
  return (
    <Panel
      title={`If ${server} were lost now`}
      aside={
        <NativeSelect
          size="xs"
          aria-label="The server that would be lost"
          data={servers.map(({ name }) => name)}
          value={server}
          onChange={(event) => onChoose(event.currentTarget.value)}
        />
      }
    >
      <Facts
        facts={[
          ['Calls it could touch', formatCount(whatIf.calls)],
          ['Until others act, at most', `${formatDuration(takes.worst_ms)} (${takes.source === 'measured' ? `worst of the last ${takes.of}` : 'as promised; none was measured yet'})`],
          ['Afterwards', tolerance(whatIf.tolerance_after)],
        ]}
      />
      {without_work.length > 0 && (
        <p className={classes.nobody}>
          <StateBadge tone="bad">nobody else</StateBadge> would do the work of {without_work.join(', ')}.
        </p>
      )}
      <DataTable
        label="What would move"
        columns={lossColumns}
        rows={lossesOf(whatIf)}
        rowKey={({ what }) => what}
        maxHeight="40vh"
        empty={<EmptyState title="Nothing would move">It holds nothing that others would have to take.</EmptyState>}
      />
    </Panel>
  );
}

interface Loss {
  what: string;
  to: string;
  note: string;
}

const lossColumns: readonly Column<Loss>[] = [
  { key: 'what', header: 'What would move', width: 'minmax(11rem, 1fr)', cell: ({ what }) => what },
  { key: 'to', header: 'To', width: 'minmax(9rem, 1fr)', cell: ({ to }) => to || <StateBadge tone="bad">nobody</StateBadge> },
  { key: 'note', header: 'Why, or what becomes of it', width: 'minmax(13rem, 2fr)', cell: ({ note }) => note },
];

const either = (candidates: readonly string[]) => candidates.join(' or ');

function lossesOf({ zones, agent_zones, jobs, masters }: WhatIf): Loss[] {
  return [
    ...masters.map(({ resource, candidates }) => ({ what: resourceName(resource), to: either(candidates), note: 'one acts at a time' })),
    ...zones.map(({ zone, to, why }) => ({ what: `Zone ${zone}`, to: to ?? '', note: why })),
    ...agent_zones.map(({ zone, logged_on, to }) => ({
      what: `Agents of zone ${zone}`,
      to: to ?? '',
      note: `${formatCount(logged_on)} logged on, and stay so`,
    })),
    ...(jobs.count > 0
      ? [{ what: jobs.count === 1 ? '1 job' : `${formatCount(jobs.count)} jobs`, to: either(jobs.candidates), note: 'their calls in the air are settled first' }]
      : []),
  ];
}

function History({ servers }: { servers: readonly Server[] }) {
  const [shown, setShown] = useState<number>();
  const [lostBy, setLostBy] = useState('');
  return (
    <Panel
      title="History"
      flush
      aside={
        <NativeSelect
          size="xs"
          aria-label="Only what this server lost"
          data={[{ value: '', label: 'Of all servers' }, ...servers.map(({ name }) => ({ value: name, label: `What ${name} lost` }))]}
          value={lostBy}
          onChange={(event) => setLostBy(event.currentTarget.value)}
        />
      }
    >
      <PagedTable
        label="Failovers"
        query={failoversQuery(lostBy)}
        columns={failoverColumns(setShown)}
        rowKey={(failover) => failover.id}
        maxHeight="40vh"
        empty={<EmptyState title="No failover yet">Everything is with whom it was first.</EmptyState>}
      />
      <FailoverReport id={shown} onClose={() => setShown(undefined)} />
    </Panel>
  );
}

const failoverColumns = (onShow: (id: number) => void): Column<Failover>[] => [
  { key: 'at', header: 'When', width: '9.5rem', cell: ({ at }) => <When at={at} /> },
  {
    key: 'resource',
    header: 'What',
    width: 'minmax(10rem, 1fr)',
    cell: ({ id, resource }) => (
      <Anchor component="button" size="sm" onClick={() => onShow(id)} title={resource} aria-label={`Report ${id} of ${resourceName(resource)}`}>
        {resourceName(resource)}
      </Anchor>
    ),
  },
  {
    key: 'without',
    header: 'Nobody acted for',
    width: '8rem',
    align: 'right',
    cell: ({ without_master_ms }) => formatDuration(without_master_ms),
  },
  { key: 'from', header: 'From', width: 'minmax(12rem, 1fr)', cell: ({ from }) => ownerName(from) },
  { key: 'to', header: 'To', width: 'minmax(12rem, 1fr)', cell: ({ to }) => ownerName(to) },
  { key: 'reason', header: 'Why', width: 'minmax(12rem, 1fr)', cell: ({ reason }) => reasonText(reason) },
];
