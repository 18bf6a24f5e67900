import type { PlannedZone } from '@everdial/api-client';
import { DataTable, EmptyState, StateBadge, type Column } from '@everdial/ui';

const columns: Column<PlannedZone>[] = [
  { key: 'zone', header: 'Zone', width: 'minmax(5rem, 1fr)', cell: ({ zone }) => zone },
  { key: 'from', header: 'From', width: '6rem', cell: ({ from }) => from ?? '–' },
  { key: 'to', header: 'To', width: '6rem', cell: ({ to }) => to ?? <StateBadge tone="bad">nobody</StateBadge> },
  { key: 'why', header: 'Why', width: 'minmax(9rem, 2fr)', cell: ({ why }) => why },
];

/** Where each zone would be; shown before anything is moved. */
export const PlanTable = ({ plan }: { plan: readonly PlannedZone[] }) => (
  <DataTable
    label="Zones that would move"
    columns={columns}
    rows={plan.filter(({ from, to }) => from !== to)}
    rowKey={({ zone }) => zone}
    empty={<EmptyState title="No zone would move">Each stays on its server.</EmptyState>}
  />
);
