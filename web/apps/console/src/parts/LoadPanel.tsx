import type { ServerLoad } from '@everdial/api-client';
import { Age, DataTable, EmptyState, formatRate, Meter, Panel, StateBadge, type Column, type Tone } from '@everdial/ui';
import { useQuery } from '@tanstack/react-query';
import { loadsQuery } from '../queries';
import { Loaded } from './Loaded';

const tones: Record<ServerLoad['level'], Tone> = { unknown: 'bad', low: 'good', normal: 'good', high: 'warn' };

const columns: Column<ServerLoad>[] = [
  { key: 'server', header: 'Server', width: 'minmax(4.5rem, 1fr)', cell: ({ server }) => server },
  { key: 'level', header: 'Load', width: '5.5rem', cell: ({ level }) => <StateBadge tone={tones[level]}>{level}</StateBadge> },
  { key: 'cpu', header: 'Processors in use', width: 'minmax(8rem, 1.5fr)', cell: ({ cpu }) => <Meter share={cpu} high={0.9} /> },
  { key: 'memory', header: 'Memory in use', width: 'minmax(8rem, 1.5fr)', cell: ({ memory }) => <Meter share={memory} high={0.9} /> },
  {
    key: 'queue',
    header: <span title="Processes that run or want to, by processor, average of a minute">Waiting per processor</span>,
    width: '10rem',
    align: 'right',
    cell: ({ run_queue }) => formatRate(run_queue),
  },
  { key: 'since', header: 'Loaded so for', width: '7rem', align: 'right', cell: ({ since }) => (since ? <Age since={since} /> : '–') },
  { key: 'as_of', header: 'Told ago', width: '6rem', align: 'right', cell: ({ sampled_at }) => <Age since={sampled_at} /> },
];

/** How loaded each server is: while all are highly loaded, what can wait is held back. */
export function LoadPanel() {
  const loads = useQuery(loadsQuery);
  return (
    <Panel title="Load" flush>
      <Loaded query={loads}>
        {({ items }) => (
          <DataTable
            label="Load of each server"
            columns={columns}
            rows={items}
            rowKey={({ server }) => server}
            empty={<EmptyState title="No load data yet">Each server tells how loaded it is once its load monitor runs.</EmptyState>}
          />
        )}
      </Loaded>
    </Panel>
  );
}
