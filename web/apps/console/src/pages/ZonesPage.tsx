import { bodyOf, type PlannedZone, type Server, type Zone } from '@everdial/api-client';
import { ComponentBadge, Confirm, DataTable, EmptyState, ErrorPanel, Panel, StateBadge, type Column } from '@everdial/ui';
import { Button, NativeSelect, NumberInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api, queryClient } from '../api';
import { AgentPlaces } from '../parts/AgentPlaces';
import { Loaded } from '../parts/Loaded';
import { MovesPanel, useMoves } from '../parts/Moves';
import { Help, Page } from '../parts/Page';
import { PlanTable } from '../parts/PlanTable';
import { useMayAdminister } from '../parts/session';
import { agentZonesQuery, statusQuery } from '../queries';

type Change = { home?: string; weight?: number };
const refresh = () => queryClient.invalidateQueries({ queryKey: ['status'] });

export function ZonesPage() {
  const status = useQuery(statusQuery);
  const mayChange = useMayAdminister();
  return (
    <Page title="Zones">
      <Loaded query={status}>
        {(data) => (
          <>
            <Zones zones={data.zones} servers={data.servers} mayChange={mayChange} />
            <AgentPlaces servers={data.servers} mayChange={mayChange} />
            <Servers servers={data.servers} mayChange={mayChange} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Zones({ zones, servers, mayChange }: { zones: Zone[]; servers: Server[]; mayChange: boolean }) {
  const agents = useQuery(agentZonesQuery);
  const moves = useMoves<Change, PlannedZone>({
    waiting: zones.filter((zone) => zone.saved_home !== undefined || zone.saved_weight !== undefined).map((zone) => zone.name),
    save: (zone, body) => bodyOf(api.http.PUT('/zones/{zone}', { params: { path: { zone } }, body })),
    plan: async (changes) => (await bodyOf(api.http.POST('/zones/plan', { body: { with_saved: true, zones: changes } }))).items,
    apply: (names) => bodyOf(api.http.POST('/zones/apply', { body: { zones: names } })),
    refresh,
  });
  const { edits, edit } = moves;
  const names = servers.map((server) => server.name);
  const columns: Column<Zone>[] = [
    { key: 'zone', header: 'Zone', width: 'minmax(7rem, 1fr)', cell: (zone) => zone.name },
    {
      key: 'home',
      header: 'Home server',
      width: '13rem',
      cell: (zone) =>
        mayChange ? (
          <NativeSelect
            size="xs"
            aria-label={`Home server of ${zone.name}`}
            data={zone.home && !names.includes(zone.home) ? [zone.home, ...names] : zone.home ? names : ['', ...names]}
            value={edits[zone.name]?.home ?? zone.saved_home ?? zone.home ?? ''}
            onChange={(event) => edit(zone.name, { home: event.currentTarget.value })}
          />
        ) : (
          (zone.home ?? '–')
        ),
    },
    { key: 'server', header: 'Current server', width: '9rem', cell: (zone) => zone.server ?? <StateBadge tone="bad">none</StateBadge> },
    {
      key: 'weight',
      header: 'Weight',
      width: '7rem',
      cell: (zone) =>
        mayChange ? (
          <NumberInput
            size="xs"
            aria-label={`Weight of ${zone.name}`}
            min={0.1}
            max={1000}
            step={1}
            value={edits[zone.name]?.weight ?? zone.saved_weight ?? zone.weight}
            onChange={(weight) => typeof weight === 'number' && edit(zone.name, { weight })}
          />
        ) : (
          zone.weight
        ),
    },
    { key: 'jobs', header: 'Jobs', width: '5rem', align: 'right', cell: (zone) => zone.jobs },
    {
      key: 'agents',
      header: 'Logged-on agents',
      width: '9rem',
      align: 'right',
      cell: ({ name }) => {
        const of = agents.data?.items.find((zone) => zone.name === name);
        return of ? <Link to="/agents" search={{ zone: name, state: 'logged_on' }}>{`${of.logged_on} of ${of.agents}`}</Link> : '–';
      },
    },
    {
      key: 'state',
      header: 'State',
      width: 'minmax(12rem, 1fr)',
      cell: (zone) => {
        if (zone.going_home) return <StateBadge tone="busy">{`going home to ${zone.home ?? '?'}`}</StateBadge>;
        if (zone.saved_home !== undefined || zone.saved_weight !== undefined) return <StateBadge tone="warn">saved, not applied</StateBadge>;
        if (zone.state === 'owned' && zone.home && zone.server !== zone.home) return <StateBadge tone="idle">owned, away from home</StateBadge>;
        return <StateBadge tone={zone.state === 'owned' ? 'good' : 'warn'}>{zone.state}</StateBadge>;
      },
    },
  ];
  return (
    <MovesPanel
      title="Zones"
      moves={moves}
      mayChange={mayChange}
      save="Save"
      question="Save and apply?"
      preview={(plan) => (
        <>
          <p>Zones move by graceful hand-over: dialing goes on. What is saved before is applied, too.</p>
          <PlanTable plan={plan} />
        </>
      )}
    >
      <DataTable
        label="Zones"
        columns={columns}
        rows={zones}
        rowKey={(zone) => zone.name}
        empty={<EmptyState title="No zone yet">A zone appears with the first server that handles it.</EmptyState>}
      />
      <Help>
        A zone that has lost its server goes where (weight there + its own) / capacity is least. It goes home by itself once its home has settled: has lived
        for ten minutes, unless set otherwise.
      </Help>
    </MovesPanel>
  );
}

function Servers({ servers, mayChange }: { servers: Server[]; mayChange: boolean }) {
  const [asked, setAsked] = useState<{ server: Server; plan: PlannedZone[] }>();
  const plan = useMutation({
    mutationFn: async (server: Server) => ({
      server,
      plan: (await bodyOf(api.http.POST('/zones/plan', { body: { servers: [{ server: server.name, parked: !server.parked }] } }))).items,
    }),
    onSuccess: setAsked,
  });
  const park = useMutation({
    mutationFn: ({ name, parked }: Server) => bodyOf(api.http.PUT('/servers/{server}', { params: { path: { server: name } }, body: { parked: !parked } })),
    onSuccess: async () => {
      await refresh();
      setAsked(undefined);
    },
  });
  const verb = (server: Server) => (server.parked ? 'Take back' : 'Park');
  const columns: Column<Server>[] = [
    { key: 'name', header: 'Server', width: 'minmax(7rem, 1fr)', cell: (server) => server.name },
    { key: 'state', header: 'State', width: '8rem', cell: (server) => <ComponentBadge state={server.state} /> },
    { key: 'zones', header: 'Zones', width: '5rem', align: 'right', cell: (server) => server.zones },
    { key: 'agent_zones', header: 'Agent zones', width: '6.5rem', align: 'right', cell: (server) => server.agent_zones },
    { key: 'jobs', header: 'Jobs', width: '5rem', align: 'right', cell: (server) => server.jobs },
    { key: 'capacity', header: 'Capacity', width: '6rem', align: 'right', cell: (server) => server.capacity },
    {
      key: 'standing',
      header: 'Standing',
      width: 'minmax(14rem, 2fr)',
      cell: (server) => {
        if (server.parked && server.zones + server.agent_zones + server.jobs === 0) return <StateBadge tone="warn">parked, empty</StateBadge>;
        if (server.parked) return <StateBadge tone="busy">parked, moving its work</StateBadge>;
        if (server.flaps) return <StateBadge tone="bad">begins anew too often</StateBadge>;
        return <StateBadge tone={server.settled ? 'good' : 'idle'}>{server.settled ? 'settled' : 'not settled yet'}</StateBadge>;
      },
    },
    {
      key: 'actions',
      header: <span className="visually-hidden">Actions</span>,
      width: '8rem',
      align: 'right',
      cell: (server) =>
        mayChange && (
          <Button size="compact-xs" variant="default" aria-label={`${verb(server)} ${server.name}`} onClick={() => plan.mutate(server)}>
            {verb(server)}
          </Button>
        ),
    },
  ];
  return (
    <Panel title="Servers" flush>
      {plan.error && <ErrorPanel error={plan.error} />}
      <DataTable
        label="Servers"
        columns={columns}
        rows={servers}
        rowKey={(server) => server.name}
        empty={<EmptyState title="No server yet">A server appears when it starts for the first time.</EmptyState>}
      />
      <Confirm
        title={asked ? `${verb(asked.server)} ${asked.server.name}?` : ''}
        action={asked ? verb(asked.server) : ''}
        opened={asked !== undefined}
        busy={park.isPending}
        error={park.error}
        onConfirm={() => asked && park.mutate(asked.server)}
        onClose={() => {
          park.reset();
          setAsked(undefined);
        }}
      >
        <p>
          {asked?.server.parked
            ? 'It may be given zones and jobs again.'
            : 'Its zones and jobs go to other servers by graceful hand-over, and nothing comes back before you take it back. Calls on it go on to their end.'}
        </p>
        <PlanTable plan={asked?.plan ?? []} />
      </Confirm>
    </Panel>
  );
}
