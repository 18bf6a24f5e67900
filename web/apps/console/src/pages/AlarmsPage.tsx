import type { Alarm } from '@everdial/api-client';
import { EmptyState, formatCode, Panel, StateBadge, When, type Column } from '@everdial/ui';
import { Page } from '../parts/Page';
import { PagedTable } from '../parts/PagedTable';
import { alarmsQuery } from '../queries';

const columns: Column<Alarm>[] = [
  { key: 'raised', header: 'Raised', width: '11rem', cell: ({ raised_at }) => <When at={raised_at} /> },
  {
    key: 'cleared',
    header: 'Cleared',
    width: '11rem',
    cell: ({ cleared_at }) => (cleared_at ? <When at={cleared_at} /> : <StateBadge tone="bad">open</StateBadge>),
  },
  { key: 'kind', header: 'Alarm', width: '12rem', cell: ({ kind }) => formatCode(kind) },
  { key: 'text', header: 'What is wrong', width: 'minmax(20rem, 1fr)', cell: ({ text }) => <span title={text}>{text}</span> },
];

export const AlarmsPage = () => (
  <Page title="Alarms">
    <Panel title="Of late" flush>
      <PagedTable
        label="Alarms"
        query={alarmsQuery}
        columns={columns}
        rowKey={({ id }) => id}
        empty={<EmptyState title="No alarm yet">Nothing was wrong so far.</EmptyState>}
      />
    </Panel>
  </Page>
);
