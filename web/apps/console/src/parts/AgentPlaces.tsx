import { bodyOf, type AgentZone, type PlannedAgents, type Server } from '@everdial/api-client';
import { DataTable, EmptyState, formatCode, StateBadge, type Column } from '@everdial/ui';
import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api, queryClient } from '../api';
import { agentZonesQuery } from '../queries';
import { Loaded } from './Loaded';
import { MovesPanel, useMoves } from './Moves';
import { Help } from './Page';

/** On which server the agents of each zone are managed, and their move to another one. */
export function AgentPlaces({ servers, mayChange }: { servers: readonly Server[]; mayChange: boolean }) {
  const zones = useQuery(agentZonesQuery);
  const moves = useMoves<{ server: string }, PlannedAgents>({
    waiting: (zones.data?.items ?? []).filter((zone) => zone.saved_server).map((zone) => zone.name),
    save: (zone, body) => bodyOf(api.http.PUT('/agent-zones/{zone}/server', { params: { path: { zone } }, body })),
    plan: async (changes, concerned) => {
      const { items } = await bodyOf(api.http.POST('/agent-zones/plan', { body: { with_saved: true, zones: changes } }));
      return items.filter(({ zone }) => concerned.includes(zone));
    },
    apply: (names) => bodyOf(api.http.POST('/agent-zones/apply', { body: { zones: names } })),
    refresh: () => queryClient.invalidateQueries({ queryKey: ['agents'] }),
  });
  const names = servers.map((server) => server.name);
  const columns: Column<AgentZone>[] = [
    { key: 'zone', header: 'Zone', width: 'minmax(7rem, 1fr)', cell: (zone) => zone.name },
    {
      key: 'allocated',
      header: 'Allocated agent manager',
      width: '13rem',
      cell: (zone) => {
        const value = moves.edits[zone.name]?.server ?? zone.saved_server ?? zone.allocated_to ?? '';
        if (!mayChange) return zone.allocated_to ?? '–';
        return (
          <NativeSelect
            size="xs"
            aria-label={`Agent manager of ${zone.name}`}
            data={names.includes(value) ? names : [value, ...names]}
            value={value}
            onChange={(event) => {
              const server = event.currentTarget.value;
              if (server) moves.edit(zone.name, { server });
            }}
          />
        );
      },
    },
    {
      key: 'current',
      header: 'Current agent manager',
      width: '12rem',
      cell: ({ manager }) => (manager ? (manager.server ?? 'a server that is gone') : <StateBadge tone="bad">nobody</StateBadge>),
    },
    {
      key: 'agents',
      header: 'Logged-on agents',
      width: '9rem',
      align: 'right',
      cell: ({ name, logged_on, agents }) => <Link to="/agents" search={{ zone: name, state: 'logged_on' }}>{`${logged_on} of ${agents}`}</Link>,
    },
    {
      key: 'state',
      header: 'State',
      width: 'minmax(12rem, 1fr)',
      cell: ({ moving, allocated_to, saved_server, manager }) => {
        if (moving) return <StateBadge tone="busy">{`moving to ${allocated_to ?? '?'}`}</StateBadge>;
        if (saved_server) return <StateBadge tone="warn">saved, not applied</StateBadge>;
        if (!manager) return <StateBadge tone="warn">waiting</StateBadge>;
        return manager.server === allocated_to ? <StateBadge tone="good">in its place</StateBadge> : <StateBadge tone="idle">away from its place</StateBadge>;
      },
    },
  ];
  return (
    <MovesPanel
      title="Agent managers"
      moves={moves}
      mayChange={mayChange}
      save="Save places"
      question="Move agents to another server?"
      preview={(plan) => (
        <>
          <p>Agents stay logged on and calls go on; what their desktops ask meanwhile waits for less than a second.</p>
          <Preview plan={plan} />
        </>
      )}
    >
      <Loaded query={zones}>
        {({ items }) => (
          <DataTable
            label="Agent managers"
            columns={columns}
            rows={items}
            rowKey={(zone) => zone.name}
            empty={<EmptyState title="No zone with agents yet">It appears with the first agent.</EmptyState>}
          />
        )}
      </Loaded>
      <Help>Whoever takes a zone&apos;s agents after a failure keeps them until you move them: agents stay logged on, and calls go on.</Help>
    </MovesPanel>
  );
}

interface Doing {
  key: string;
  zone: string;
  way: string;
  doing: string;
  count: number | string;
  then: string;
}

const conversations = ['talking', 'held', 'consult', 'conference_owner', 'conference_passive'];

/** What becomes of agents who do this while their zone moves. */
function whatBecomes(agent: string, call: string): string {
  if (conversations.includes(call)) return 'The conversation goes on';
  if (call === 'wrapup') return 'The work after the call goes on';
  if (call === 'preview' || call === 'callback') return 'The contact stays theirs';
  if (call === 'dialing' || call === 'pending_call') return 'It goes on ringing';
  return agent === 'ready' ? 'Ready on; calls that wait are served after it' : 'As before';
}

const columnsOfPreview: readonly Column<Doing>[] = [
  { key: 'zone', header: 'Zone', width: 'minmax(4rem, 1fr)', cell: ({ zone }) => zone },
  { key: 'way', header: 'Move', width: '10rem', cell: ({ way }) => way },
  { key: 'doing', header: 'Agents who are', width: '9rem', cell: ({ doing }) => doing },
  { key: 'count', header: 'How many', width: '6rem', align: 'right', cell: ({ count }) => count },
  { key: 'then', header: 'What becomes of them', width: 'minmax(12rem, 2fr)', cell: ({ then }) => then },
];

const Preview = ({ plan }: { plan: readonly PlannedAgents[] }) => (
  <DataTable
    label="Agents that would move"
    columns={columnsOfPreview}
    rows={plan
      .filter(({ moves }) => moves)
      .flatMap(({ zone, from, to, agents }) => {
        const way = `${from ?? '–'} → ${to ?? '–'}`;
        if (agents.length === 0) return [{ key: zone, zone, way, doing: 'logged on', count: 0, then: '–' }];
        return agents.map(({ agent, call, count }) => ({
          key: `${zone} ${agent} ${call}`,
          zone,
          way,
          doing: formatCode(call === 'idle' ? agent : call),
          count,
          then: whatBecomes(agent, call),
        }));
      })}
    rowKey={({ key }) => key}
    empty={<EmptyState title="Nobody would move">Each zone's agents are managed where they shall be, or that server cannot take them now.</EmptyState>}
  />
);
