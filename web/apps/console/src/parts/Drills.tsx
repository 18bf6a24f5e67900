import { bodyOf, type Drill, type Server } from '@everdial/api-client';
import { Confirm, EmptyState, Panel, When, type Column } from '@everdial/ui';
import { Anchor, Button, Checkbox, Group, NativeSelect, NumberInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, queryClient } from '../api';
import { drillsQuery } from '../queries';
import { DrillBadge, DrillReport } from './DrillReport';
import { PagedTable } from './PagedTable';

/** A failover on purpose: what fails, for how long, and what it may touch at most. */
export function Drills({ servers, server, mayChange }: { servers: readonly Server[]; server: string; mayChange: boolean }) {
  const [watched, setWatched] = useState<number>();
  return (
    <Panel title="Drills">
      {mayChange && <NewDrill servers={servers} server={server} onBegun={(drill) => setWatched(drill.id)} />}
      <DrillTable onShow={setWatched} />
      <DrillReport id={watched} mayChange={mayChange} onClose={() => setWatched(undefined)} />
    </Panel>
  );
}

function NewDrill({ servers, server, onBegun }: { servers: readonly Server[]; server: string; onBegun: (drill: Drill) => void }) {
  const [asking, setAsking] = useState(false);
  const [component, setComponent] = useState('');
  const [seconds, setSeconds] = useState(10);
  const [mostCalls, setMostCalls] = useState(0);
  const [withoutSpare, setWithoutSpare] = useState(false);
  const begin = useMutation({
    mutationFn: () =>
      bodyOf(
        api.http.POST('/drills', {
          body: { server, seconds, most_calls: mostCalls, without_spare: withoutSpare, ...(component ? { component } : {}) },
        }),
      ),
    onSuccess: async (drill) => {
      setAsking(false);
      onBegun(drill);
      await queryClient.invalidateQueries({ queryKey: ['drills'] });
    },
  });
  const components = [...new Set(servers.find(({ name }) => name === server)?.components.map((one) => one.component))];
  return (
    <>
      <Group align="flex-end" mb="sm" gap="sm">
        <NativeSelect
          size="xs"
          label={`Drill on ${server}`}
          data={[{ value: '', label: 'all components' }, ...components]}
          value={component}
          onChange={(event) => setComponent(event.currentTarget.value)}
        />
        <NumberInput size="xs" w={150} label="Seconds held down" min={1} max={600} value={seconds} onChange={(value) => setSeconds(Number(value) || 1)} />
        <NumberInput size="xs" w={130} label="Most calls touched" min={0} value={mostCalls} onChange={(value) => setMostCalls(Number(value) || 0)} />
        <Checkbox
          size="xs"
          mb={6}
          label="Although nobody is left for a second failure"
          checked={withoutSpare}
          onChange={(event) => setWithoutSpare(event.currentTarget.checked)}
        />
        <Button size="xs" variant="default" onClick={() => setAsking(true)}>
          Begin a drill…
        </Button>
      </Group>
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
    </>
  );
}

/** A whole server by its number of components: which they are stands in the report. */
const onWhat = ({ server, components }: Drill) => `${server}: ${components.length > 3 ? `${components.length} components` : components.join(', ')}`;

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
    { key: 'what', header: 'On', width: 'minmax(10rem, 1fr)', cell: (drill) => onWhat(drill) },
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
