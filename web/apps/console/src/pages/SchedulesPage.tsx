import type { Schedule } from '@everdial/api-client';
import { EmptyState, Panel, StateBadge, When, type Column } from '@everdial/ui';
import { Button } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { PlusIcon } from '../icons';
import { Page } from '../parts/Page';
import { PagedTable } from '../parts/PagedTable';
import { useMayChange } from '../parts/session';
import { kinds } from '../parts/timetable';
import { schedulesQuery } from '../queries';

export const outcomeTones = { started: 'good', skipped: 'warn', refused: 'bad' } as const;

const columns: Column<Schedule>[] = [
  {
    key: 'name',
    header: 'Name',
    width: 'minmax(12rem, 2fr)',
    cell: (schedule) => (
      <Link to="/schedules/$scheduleId" params={{ scheduleId: schedule.id }}>
        {schedule.name}
      </Link>
    ),
  },
  { key: 'kind', header: 'Does', width: 'minmax(9rem, 1fr)', cell: (schedule) => kinds[schedule.kind] },
  {
    key: 'of',
    header: 'Of',
    width: 'minmax(9rem, 1fr)',
    cell: ({ campaign_name, list_name, file_name }) => (file_name ? `${file_name} into ${list_name}` : (campaign_name ?? list_name ?? '–')),
  },
  {
    key: 'next',
    header: 'Next',
    width: '11rem',
    cell: ({ next, enabled }) => (next[0] ? <When at={next[0]} /> : enabled ? 'no more' : 'off'),
  },
  {
    key: 'last',
    header: 'Last',
    width: '17rem',
    cell: ({ last_firing }) =>
      last_firing ? (
        <>
          <StateBadge tone={outcomeTones[last_firing.outcome]}>{last_firing.outcome}</StateBadge> <When at={last_firing.due_at} />
        </>
      ) : (
        '–'
      ),
  },
];

export function SchedulesPage() {
  const navigate = useNavigate();
  const make = useMayChange() && (
    <Button leftSection={<PlusIcon />} onClick={() => void navigate({ to: '/schedules/new' })}>
      New schedule
    </Button>
  );
  return (
    <Page title="Schedules" actions={make}>
      <Panel flush>
        <PagedTable
          label="Schedules"
          query={schedulesQuery}
          columns={columns}
          rowKey={(schedule) => schedule.id}
          empty={
            <EmptyState title="No schedule yet" action={make}>
              A schedule starts a campaign's job, an import, an export or a purge at set times.
            </EmptyState>
          }
        />
      </Panel>
    </Page>
  );
}
