import { bodyOf, type AgentZone, type PlannedAgents, type Server } from '@everdial/api-client';
import { Confirm, DataTable, EmptyState, ErrorPanel, formatCode, Panel, StateBadge, type Column } from '@everdial/ui';
import { Button, Group, NativeSelect } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api, queryClient } from '../api';
import { agentZonesQuery } from '../queries';
import { Loaded } from './Loaded';

const refresh = () => queryClient.invalidateQueries({ queryKey: ['agents'] });

/** On which server the agents of each zone are managed, and their move to another one. */
export function AgentPlaces({ servers, mayChange }: { servers: readonly Server[]; mayChange: boolean }) {
  const zones = useQuery(agentZonesQuery);
  const [edits, setEdits] = useState<Record<string, string>>({});
  const [plan, setPlan] = useState<PlannedAgents[]>();
  const changes = Object.entries(edits).map(([zone, server]) => ({ zone, server }));
  const waiting = (zones.data?.items ?? []).filter((zone) => zone.saved_server).map((zone) => zone.name);
  const concerned = [...new Set([...waiting, ...changes.map(({ zone }) => zone)])];

  const save = async () => {
    for (const { zone, server } of changes)
      await bodyOf(api.http.PUT('/agent-zones/{zone}/server', { params: { path: { zone } }, body: { server } }));
    setEdits({});
    await refresh();
  };
  const saving = useMutation({ mutationFn: save });
  const planning = useMutation({
    mutationFn: () => bodyOf(api.http.POST('/agent-zones/plan', { body: { with_saved: true, zones: changes } })),
    onSuccess: ({ items }) => setPlan(items.filter(({ zone }) => concerned.includes(zone))),
  });
  const applying = useMutation({
    mutationFn: async () => {
      await save();
      await bodyOf(api.http.POST('/agent-zones/apply', { body: { zones: concerned } }));
      await refresh();
    },
    onSuccess: () => setPlan(undefined),
  });
  const names = servers.map((server) => server.name);
  const columns: Column<AgentZone>[] = [
    { key: 'zone', header: 'Zone', width: 'minmax(7rem, 1fr)', cell: (zone) => zone.name },
    {
      key: 'allocated',
      header: 'Allocated agent manager',
      width: '13rem',
      cell: (zone) => {
        const value = edits[zone.name] ?? zone.saved_server ?? zone.allocated_to ?? '';
        if (!mayChange) return zone.allocated_to ?? '–';
        return (
          <NativeSelect
            size="xs"
            aria-label={`Agent manager of ${zone.name}`}
            data={names.includes(value) ? names : [value, ...names]}
            value={value}
            onChange={(event) => {
              const server = event.currentTarget.value;
              if (server) setEdits((all) => ({ ...all, [zone.name]: server }));
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
      header: 'Logged-in agents',
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
        return <StateBadge tone="good">{manager.server === allocated_to ? 'in its place' : 'managed elsewhere'}</StateBadge>;
      },
    },
  ];
  return (
    <Panel
      title="Agent managers"
      flush
      aside={
        mayChange && (
          <Group gap="xs">
            <Button size="xs" variant="default" loading={saving.isPending} disabled={changes.length === 0} onClick={() => saving.mutate()}>
              Save places
            </Button>
            <Button size="xs" loading={planning.isPending} disabled={concerned.length === 0} onClick={() => planning.mutate()}>
              Save places and apply…
            </Button>
          </Group>
        )
      }
    >
      {(saving.error ?? planning.error) && <ErrorPanel error={saving.error ?? planning.error} />}
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
      <Confirm
        title="Move agents to another server?"
        action="Move now"
        wide
        opened={plan !== undefined}
        busy={applying.isPending}
        error={applying.error}
        onConfirm={() => applying.mutate()}
        onClose={() => {
          applying.reset();
          setPlan(undefined);
        }}
      >
        <p>Agents stay logged in and calls go on; what their desktops ask meanwhile waits for less than a second.</p>
        {plan && <Preview plan={plan} />}
      </Confirm>
    </Panel>
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
        if (agents.length === 0) return [{ key: zone, zone, way, doing: 'logged in', count: 0, then: '–' }];
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
