import { bodyOf, type Drill, type Failover, type Readiness, type Server, type WhatIf } from '@everdial/api-client';
import { Confirm, DataTable, EmptyState, ErrorPanel, formatDuration, formatTime, Panel, StateBadge, When, type Column } from '@everdial/ui';
import { Anchor, Button, Checkbox, Group, Modal, NativeSelect, NumberInput } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useState } from 'react';
import { api, queryClient } from '../api';
import { Loaded } from '../parts/Loaded';
import { ownerName } from '../parts/ownerName';
import { Facts, Page } from '../parts/Page';
import { PagedTable } from '../parts/PagedTable';
import { PlanTable } from '../parts/PlanTable';
import { useMayAdminister } from '../parts/session';
import { drillQuery, drillsQuery, failoverQuery, failoversQuery, readinessQuery, statusQuery, whatIfQuery } from '../queries';
import classes from './FailoverPage.module.css';

export function FailoverPage() {
  const [shown, setShown] = useState<number>();
  const [chosen, setChosen] = useState<string>();
  const readiness = useQuery(readinessQuery);
  const status = useQuery(statusQuery);
  const server = chosen ?? status.data?.servers[0]?.name ?? '';
  const whatIf = useQuery({ ...whatIfQuery(server), enabled: server !== '', placeholderData: keepPreviousData });
  const drills = useInfiniteQuery(drillsQuery);
  const failovers = useInfiniteQuery(failoversQuery);
  const mayChange = useMayAdminister();
  // All at once: panels that come one after the other push each other down.
  const late = [readiness, status, ...(server === '' ? [] : [whatIf]), drills, failovers].find((query) => query.data === undefined);
  if (late)
    return (
      <Page title="Failover">
        <Loaded query={late as UseQueryResult<never>}>{() => null}</Loaded>
      </Page>
    );
  return (
    <Page title="Failover">
      <ReadinessPanel readiness={readiness.data!} />
      {whatIf.data && <WhatIfPanel servers={status.data!.servers} server={server} onChoose={setChosen} whatIf={whatIf.data} mayChange={mayChange} />}
      <Panel title="History" flush>
        <PagedTable
          label="Failovers"
          query={failoversQuery}
          columns={failoverColumns(setShown)}
          rowKey={(failover) => failover.id}
          maxHeight="40vh"
          empty={<EmptyState title="No failover yet">Everything is with whom it was first.</EmptyState>}
        />
      </Panel>
      <Report id={shown} onClose={() => setShown(undefined)} />
    </Page>
  );
}

const tolerance = ({ servers, limited_by }: Readiness['tolerance']) =>
  `${servers} more ${servers === 1 ? 'server' : 'servers'} may be lost: ${limited_by.join(', ')}.`;

interface NeedRow {
  server: string;
  need: string;
  met: boolean;
  detail: string;
}
const needColumns: Column<NeedRow>[] = [
  { key: 'server', header: 'Server', width: '9rem', cell: ({ server }) => server },
  { key: 'need', header: 'Need', width: '8rem', cell: ({ need }) => need },
  { key: 'met', header: 'Met', width: '7rem', cell: ({ met }) => <StateBadge tone={met ? 'good' : 'bad'}>{met ? 'yes' : 'no'}</StateBadge> },
  { key: 'detail', header: 'What was found', width: 'minmax(14rem, 1fr)', cell: ({ detail }) => detail },
];

function ReadinessPanel({ readiness }: { readiness: Readiness }) {
  return (
    <Panel title="Readiness">
      <p className={classes.tolerance}>
        <StateBadge tone={readiness.tolerance.servers > 0 ? 'good' : 'bad'}>{`tolerance ${readiness.tolerance.servers}`}</StateBadge>{' '}
        {tolerance(readiness.tolerance)} PostgreSQL is not counted.
      </p>
      <DataTable
        label="What each server needs to take over"
        columns={needColumns}
        rows={readiness.servers.flatMap(({ server, needs }) => needs.map((need) => ({ server, ...need })))}
        rowKey={({ server, need }) => `${server} ${need}`}
        maxHeight="30vh"
        empty={<EmptyState title="No server yet">A server appears when it starts for the first time.</EmptyState>}
      />
    </Panel>
  );
}

interface WhatIfProps {
  servers: Server[];
  server: string;
  onChoose: (server: string) => void;
  whatIf: WhatIf;
  mayChange: boolean;
}

function WhatIfPanel({ servers, server, onChoose, whatIf, mayChange }: WhatIfProps) {
  return (
    <Panel
      title="What if"
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
      <Loss whatIf={whatIf} />
      {mayChange && <Drills servers={servers} server={server} />}
    </Panel>
  );
}

function Loss({ whatIf }: { whatIf: WhatIf }) {
  const { takes, jobs, masters, without_work } = whatIf;
  return (
    <>
      <Facts
        facts={[
          ['Calls it could touch', whatIf.calls],
          ['Jobs that move', jobs.count === 0 ? '0' : `${jobs.count}, to ${jobs.candidates.join(' or ') || 'nobody'}`],
          ['Masters that move', masters.map(({ resource, candidates }) => `${resource} to ${candidates.join(' or ') || 'nobody'}`).join('; ') || 'none'],
          ['Until others act', `${formatDuration(takes.worst_ms)} (${takes.source === 'measured' ? `worst of ${takes.of}` : 'the budget'})`],
          ['Afterwards', tolerance(whatIf.tolerance_after)],
        ]}
      />
      {without_work.length > 0 && (
        <p className={classes.tolerance}>
          <StateBadge tone="bad">nobody else</StateBadge> would do the work of {without_work.join(', ')}.
        </p>
      )}
      <PlanTable plan={whatIf.zones} />
    </>
  );
}

function Drills({ servers, server }: { servers: Server[]; server: string }) {
  const [asking, setAsking] = useState(false);
  const [component, setComponent] = useState('');
  const [seconds, setSeconds] = useState(10);
  const [mostCalls, setMostCalls] = useState(0);
  const [withoutSpare, setWithoutSpare] = useState(false);
  const [watched, setWatched] = useState<number>();
  const begin = useMutation({
    mutationFn: () =>
      bodyOf(
        api.http.POST('/drills', {
          body: { server, seconds, most_calls: mostCalls, without_spare: withoutSpare, ...(component ? { component } : {}) },
        }),
      ),
    onSuccess: async (drill) => {
      setAsking(false);
      setWatched(drill.id);
      await queryClient.invalidateQueries({ queryKey: ['drills'] });
    },
  });
  const components = [...new Set(servers.find(({ name }) => name === server)?.components.map((one) => one.component))];
  return (
    <>
      <Group align="flex-end" mt="sm" gap="sm">
        <NativeSelect
          size="xs"
          label="Drill on"
          data={[{ value: '', label: 'all components' }, ...components]}
          value={component}
          onChange={(event) => setComponent(event.currentTarget.value)}
        />
        <NumberInput size="xs" w={110} label="Seconds" min={1} max={600} value={seconds} onChange={(value) => setSeconds(Number(value) || 1)} />
        <NumberInput size="xs" w={130} label="Most calls touched" min={0} value={mostCalls} onChange={(value) => setMostCalls(Number(value) || 0)} />
        <Checkbox size="xs" mb={6} label="Without a spare" checked={withoutSpare} onChange={(event) => setWithoutSpare(event.currentTarget.checked)} />
        <Button size="xs" variant="default" onClick={() => setAsking(true)}>
          Begin a drill…
        </Button>
      </Group>
      <DrillTable onShow={setWatched} />
      <Confirm
        title={`Drill on ${component || 'all components'} of ${server}?`}
        action="Begin"
        danger
        opened={asking}
        busy={begin.isPending}
        error={begin.error}
        onConfirm={() => begin.mutate()}
        onClose={() => {
          begin.reset();
          setAsking(false);
        }}
      >
        {component || 'Every component'} on {server} is killed (kill -9) and held down for {seconds} s, then starts again by itself. You can abort it at any time. It is
        refused when nobody else could do the work, or when more than {mostCalls} calls in the air could be touched.
      </Confirm>
      <DrillReport id={watched} onClose={() => setWatched(undefined)} />
    </>
  );
}

const drillTone = { under_way: 'busy', ended: 'good', aborted: 'warn' } as const;
const drillWord = { under_way: 'under way', ended: 'ended', aborted: 'aborted' } as const;
const DrillBadge = ({ drill }: { drill: Drill }) => <StateBadge tone={drillTone[drill.state]}>{drillWord[drill.state]}</StateBadge>;

function DrillTable({ onShow }: { onShow: (id: number) => void }) {
  const columns: Column<Drill>[] = [
    {
      key: 'id',
      header: 'Drill',
      width: '6rem',
      cell: (drill) => (
        <Anchor component="button" size="sm" onClick={() => onShow(drill.id)}>
          Drill {drill.id}
        </Anchor>
      ),
    },
    { key: 'begun', header: 'Begun', width: '11rem', cell: (drill) => <When at={drill.begun_at} /> },
    { key: 'what', header: 'On', width: 'minmax(10rem, 1fr)', cell: (drill) => `${drill.server}: ${drill.components.join(', ')}` },
    { key: 'state', header: 'State', width: '8rem', cell: (drill) => <DrillBadge drill={drill} /> },
    { key: 'by', header: 'By', width: '7rem', cell: (drill) => drill.asked_by },
  ];
  return (
    <PagedTable
      label="Drills"
      query={drillsQuery}
      columns={columns}
      rowKey={(drill) => drill.id}
      maxHeight="20vh"
      empty={<EmptyState title="No drill yet">A drill shows what a failover does, at a time that you choose.</EmptyState>}
    />
  );
}

const changeColumns: Column<Failover>[] = [
  { key: 'at', header: 'When', width: '8rem', cell: ({ at }) => formatTime(at) },
  { key: 'resource', header: 'What', width: 'minmax(9rem, 1fr)', cell: ({ resource }) => resource },
  { key: 'to', header: 'To', width: 'minmax(9rem, 1fr)', cell: ({ to }) => ownerName(to) },
  { key: 'took', header: 'Without', width: '6rem', align: 'right', cell: ({ without_master_ms }) => formatDuration(without_master_ms) },
];

function DrillReport({ id, onClose }: { id: number | undefined; onClose: () => void }) {
  const query = useQuery({
    ...drillQuery(id ?? 0),
    enabled: id !== undefined,
    refetchInterval: ({ state }) => (state.data?.state === 'under_way' ? 500 : false),
  });
  const abort = useMutation({
    mutationFn: (drill_id: number) => bodyOf(api.http.POST('/drills/{drill_id}/abort', { params: { path: { drill_id } } })),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['drill'] });
      await queryClient.invalidateQueries({ queryKey: ['drills'] });
    },
  });
  return (
    <Modal opened={id !== undefined} onClose={onClose} title={`Drill ${id ?? ''}`} size="48rem" closeButtonProps={{ 'aria-label': 'Close' }}>
      {id !== undefined && (
        <Loaded query={query}>
          {(drill) => (
            <>
              <Group justify="space-between" mb="xs">
                <DrillBadge drill={drill} />
                {drill.state === 'under_way' && (
                  <Button size="xs" color="red.9" loading={abort.isPending} onClick={() => abort.mutate(drill.id)}>
                    Abort
                  </Button>
                )}
              </Group>
              {abort.error && <ErrorPanel error={abort.error} />}
              <DataTable
                label="What has changed hands"
                columns={changeColumns}
                rows={drill.changes ?? []}
                rowKey={(change) => change.id}
                empty={<EmptyState title="Nothing has changed hands">It may have held nothing.</EmptyState>}
              />
            </>
          )}
        </Loaded>
      )}
    </Modal>
  );
}

const failoverColumns = (onShow: (id: number) => void): Column<Failover>[] => [
  { key: 'at', header: 'When', width: '11rem', cell: ({ at }) => <When at={at} /> },
  {
    key: 'resource',
    header: 'What',
    width: 'minmax(10rem, 1.5fr)',
    cell: ({ id, resource }) => (
      <Anchor component="button" size="sm" onClick={() => onShow(id)} aria-label={`Report ${id} of ${resource}`}>
        {resource}
      </Anchor>
    ),
  },
  { key: 'from', header: 'From', width: 'minmax(8rem, 1fr)', cell: ({ from }) => ownerName(from) },
  { key: 'to', header: 'To', width: 'minmax(8rem, 1fr)', cell: ({ to }) => ownerName(to) },
  { key: 'reason', header: 'Why', width: 'minmax(8rem, 1fr)', cell: ({ reason }) => reason },
  { key: 'detect', header: 'Detect', width: '5.5rem', align: 'right', cell: ({ detect_ms }) => (detect_ms ? formatDuration(detect_ms) : '–') },
  { key: 'acquire', header: 'Acquire', width: '5.5rem', align: 'right', cell: ({ acquire_ms }) => (acquire_ms === undefined ? '–' : formatDuration(acquire_ms)) },
  { key: 'without', header: 'Without', width: '6rem', align: 'right', cell: ({ without_master_ms }) => formatDuration(without_master_ms) },
];

const steps: Record<NonNullable<Failover['timeline']>[number]['what'], string> = {
  last_sign_of_life: 'Last sign of life',
  freed: 'Free',
  detected: 'Taken for lost',
  acquired: 'Taken over',
  barrier: 'Barrier up',
  first_dial: 'First new dial',
  settled: 'All settled',
};

function Report({ id, onClose }: { id: number | undefined; onClose: () => void }) {
  const query = useQuery({ ...failoverQuery(id ?? 0), enabled: id !== undefined });
  return (
    <Modal opened={id !== undefined} onClose={onClose} title={`Failover ${id ?? ''}`} size="56rem" closeButtonProps={{ 'aria-label': 'Close' }}>
      {id !== undefined && (
        <Loaded query={query}>
          {(failover) => (
            <>
              <Facts
                facts={[
                  ['What', failover.resource],
                  ['From', ownerName(failover.from)],
                  ['To', ownerName(failover.to)],
                  ['Why', failover.reason],
                  ['Without a master', formatDuration(failover.without_master_ms)],
                  ['Contacts affected', failover.contacts_affected ?? '–'],
                ]}
              />
              <ol className={classes.timeline}>
                {failover.timeline?.map(({ at, what, detail }) => (
                  <li key={what}>
                    <span className={classes.time}>{formatTime(at)}</span> {steps[what]}: {detail}
                  </li>
                ))}
              </ol>
              {failover.settled && (
                <p className={classes.tolerance}>
                  Attempts in the air: {failover.settled.done ?? 0} done, {failover.settled.aborted ?? 0} never executed, {failover.settled.unknown ?? 0} unknown.
                </p>
              )}
              <pre className={classes.evidence} tabIndex={0} aria-label="Evidence">
                {JSON.stringify(failover.evidence, null, 2)}
              </pre>
              {(failover.together_with?.length ?? 0) > 0 && (
                <DataTable label="Together with" columns={changeColumns} rows={failover.together_with ?? []} rowKey={(one) => one.id} empty={null} />
              )}
            </>
          )}
        </Loaded>
      )}
    </Modal>
  );
}
