import type { Agent, AgentState, AgentZone } from '@everdial/api-client';
import { Age, AgentBadge, DataTable, EmptyState, formatCode, Panel, StateBadge, type Column } from '@everdial/ui';
import { Button, Checkbox, Group, NativeSelect } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { PlusIcon } from '../icons';
import { AgentDialog } from '../parts/AgentDialog';
import { AgentActions, AgentOrders } from '../parts/AgentOrders';
import { InboundQueues } from '../parts/InboundQueues';
import { Loaded } from '../parts/Loaded';
import { Page } from '../parts/Page';
import { PagedTable } from '../parts/PagedTable';
import { ReasonsDialog } from '../parts/ReasonsDialog';
import { useMayChange } from '../parts/session';
import { agentsQuery, agentZonesQuery, type AgentFilter } from '../queries';

const route = getRouteApi('/shell/agents');

const states: Record<NonNullable<AgentFilter['state']>, string> = {
  logged_on: 'Logged on',
  ready: 'Ready',
  busy: 'Busy',
  work_not_ready: 'At work after a call',
  pending_not_ready: 'Not ready after this call',
  not_ready: 'Not ready',
  logged_out: 'Logged out',
};

/** Who talks, who waits, who is away; and the people themselves. What stands below others waits for them, so that nothing jumps. */
export function AgentsPage() {
  const mayChange = useMayChange();
  const filter = route.useSearch();
  const zones = useQuery(agentZonesQuery);
  const [editing, setEditing] = useState<Agent | 'new'>();
  const [ids, setIds] = useState<ReadonlySet<number>>(new Set());
  const people = useInfiniteQuery(agentsQuery(filter));
  const shown = people.data?.pages.flatMap((page) => page.items) ?? [];
  const chosen = shown.filter(({ id }) => ids.has(id));
  const make = mayChange && (
    <Button leftSection={<PlusIcon />} onClick={() => setEditing('new')}>
      New agent
    </Button>
  );
  return (
    <Page title="Agents" actions={make}>
      <Panel title="Zones" flush>
        <Loaded query={zones}>{({ items }) => <Zones zones={items} mayChange={mayChange} />}</Loaded>
      </Panel>
      {!zones.isPending && (
        <Panel title="People" flush aside={<Filter filter={filter} zones={zones.data?.items ?? []} />}>
          {mayChange && <AgentActions chosen={chosen} />}
          <PagedTable
            label="Agents"
            query={agentsQuery(filter)}
            columns={mayChange ? [chooseColumn(shown, chosen, setIds), ...columns, changeColumn(setEditing)] : columns}
            rowKey={(agent) => agent.id}
            empty={
              Object.keys(filter).length > 0 ? (
                <EmptyState title="No such agent">No agent fits the filter.</EmptyState>
              ) : (
                <EmptyState title="No agent yet" action={make}>
                  Agents talk to the people whom campaigns call. Make one, then let a campaign have agents.
                </EmptyState>
              )
            }
          />
        </Panel>
      )}
      {!zones.isPending && !people.isPending && (
        <>
          <Panel title="Supervisors' orders" flush>
            <AgentOrders />
          </Panel>
          <Panel title="Inbound queues" flush>
            <InboundQueues />
          </Panel>
        </>
      )}
      {editing && <AgentDialog agent={editing === 'new' ? undefined : editing} zone={filter.zone ?? 'default'} onClose={() => setEditing(undefined)} />}
    </Page>
  );
}

const columns: readonly Column<Agent>[] = [
  { key: 'login', header: 'Login', width: '6rem', cell: (agent) => agent.login },
  { key: 'name', header: 'Name', width: 'minmax(7rem, 1fr)', cell: (agent) => agent.name || '–' },
  { key: 'zone', header: 'Zone', width: '5rem', cell: (agent) => agent.zone },
  {
    key: 'state',
    header: 'State',
    width: '8.5rem',
    cell: (agent) => <AgentBadge state={agent.states.agent} />,
  },
  { key: 'since', header: 'For', width: '4.5rem', align: 'right', cell: (agent) => (agent.since ? <Age since={agent.since} /> : '–') },
  { key: 'call', header: 'Call', width: '6.5rem', cell: (agent) => (agent.states.call === 'idle' ? '–' : formatCode(agent.states.call)) },
  { key: 'line', header: 'Line', width: '3rem', cell: (agent) => lines[agent.states.nail] },
  {
    key: 'job',
    header: 'Works for',
    width: '7.5rem',
    cell: ({ job_id, campaign_name, states: { job } }) =>
      job_id ? (
        <Link to="/jobs/$jobId" params={{ jobId: job_id }}>
          {campaign_name ?? `Job ${job_id}`}
        </Link>
      ) : job === 'detached' ? (
        '–'
      ) : (
        formatCode(job)
      ),
  },
  {
    key: 'note',
    header: 'Because of',
    width: '6.5rem',
    cell: (agent) => (!agent.has_password ? 'no password' : agent.leaving ? 'leaves after the call' : (agent.reason ?? '–')),
  },
];

const lines: Record<Agent['states']['nail'], string> = { not_nailed: 'down', pending: 'rings', nailed: 'up' };

const mostAtOnce = 200;

function chooseColumn(shown: readonly Agent[], chosen: readonly Agent[], choose: (ids: ReadonlySet<number>) => void): Column<Agent> {
  const ids = new Set(chosen.map(({ id }) => id));
  const all = chosen.length > 0 && chosen.length === Math.min(shown.length, mostAtOnce);
  return {
    key: 'choose',
    header: (
      <Checkbox
        size="xs"
        aria-label="Choose all"
        checked={all}
        indeterminate={chosen.length > 0 && !all}
        onChange={() => choose(new Set(all ? [] : shown.slice(0, mostAtOnce).map(({ id }) => id)))}
      />
    ),
    width: '2.2rem',
    cell: ({ id, login }) => (
      <Checkbox
        size="xs"
        aria-label={`Choose ${login}`}
        checked={ids.has(id)}
        disabled={!ids.has(id) && ids.size >= mostAtOnce}
        onChange={(event) => choose(event.currentTarget.checked ? new Set([...ids, id]) : new Set([...ids].filter((one) => one !== id)))}
      />
    ),
  };
}

const changeColumn = (change: (agent: Agent) => void): Column<Agent> => ({
  key: 'change',
  header: <span className="visually-hidden">Actions</span>,
  width: '4.5rem',
  align: 'right',
  cell: (agent) => (
    <Button size="compact-xs" variant="default" aria-label={`Change ${agent.login}`} onClick={() => change(agent)}>
      Change
    </Button>
  ),
});

function Filter({ filter, zones }: { filter: AgentFilter; zones: readonly AgentZone[] }) {
  const navigate = useNavigate({ from: '/agents' });
  const choose = (change: { zone?: string; state?: string }) =>
    void navigate({
      search: (old) => Object.fromEntries(Object.entries({ ...old, ...change }).filter(([, value]) => value)) as AgentFilter,
      replace: true,
    });
  return (
    <Group gap="xs">
      <NativeSelect
        size="xs"
        aria-label="Only agents of this zone"
        data={[{ value: '', label: 'All zones' }, ...zones.map(({ name }) => name)]}
        value={filter.zone ?? ''}
        onChange={(event) => choose({ zone: event.currentTarget.value })}
      />
      <NativeSelect
        size="xs"
        aria-label="Only agents in this state"
        data-filter
        data={[{ value: '', label: 'All states' }, ...Object.entries(states).map(([value, label]) => ({ value, label }))]}
        value={filter.state ?? ''}
        onChange={(event) => choose({ state: event.currentTarget.value })}
      />
    </Group>
  );
}

function Zones({ zones, mayChange }: { zones: readonly AgentZone[]; mayChange: boolean }) {
  const [asked, setAsked] = useState<AgentZone>();
  const count = (state: AgentState, header: string): Column<AgentZone> => ({
    key: state,
    header,
    width: '5.5rem',
    align: 'right',
    cell: (zone) => zone.states[state] ?? 0,
  });
  const zoneColumns: Column<AgentZone>[] = [
    { key: 'zone', header: 'Zone', width: 'minmax(7rem, 1fr)', cell: (zone) => zone.name },
    {
      key: 'manager',
      header: 'Managed by',
      width: 'minmax(9rem, 1fr)',
      cell: ({ manager, epoch }) =>
        manager ? `${manager.server ?? 'a server that is gone'}, epoch ${epoch ?? '–'}` : <StateBadge tone="bad">nobody</StateBadge>,
    },
    { key: 'agents', header: 'Agents', width: '5rem', align: 'right', cell: (zone) => zone.agents },
    { key: 'on', header: 'Logged on', width: '6rem', align: 'right', cell: (zone) => zone.logged_on },
    count('ready', 'Ready'),
    count('busy', 'Busy'),
    count('work_not_ready', 'After a call'),
    count('not_ready', 'Not ready'),
    {
      key: 'reasons',
      header: <span className="visually-hidden">Reasons</span>,
      width: '8rem',
      align: 'right',
      cell: (zone) =>
        mayChange && (
          <Button size="compact-xs" variant="default" aria-label={`Reasons of ${zone.name}`} onClick={() => setAsked(zone)}>
            Reasons
          </Button>
        ),
    },
  ];
  return (
    <>
      <DataTable
        label="Zones with agents"
        columns={zoneColumns}
        rows={zones}
        rowKey={(zone) => zone.name}
        empty={<EmptyState title="No zone yet">It appears with the first agent.</EmptyState>}
      />
      {asked && <ReasonsDialog zone={asked} onClose={() => setAsked(undefined)} />}
    </>
  );
}
