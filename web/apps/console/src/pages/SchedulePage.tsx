import { bodyOf, type Firing, type NewSchedule, type Schedule } from '@everdial/api-client';
import { Confirm, EmptyState, Panel, StateBadge, When, type Column } from '@everdial/ui';
import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, queryClient } from '../api';
import { Loaded } from '../parts/Loaded';
import { Page } from '../parts/Page';
import { PagedTable } from '../parts/PagedTable';
import { ScheduleForm } from '../parts/ScheduleForm';
import { useMayChange } from '../parts/session';
import { newSchedule, scheduleValuesOf } from '../parts/timetable';
import { firingsQuery, scheduleQuery } from '../queries';
import { outcomeTones } from './SchedulesPage';

const route = getRouteApi('/shell/schedules/$scheduleId');

const refresh = () => Promise.all(['schedules', 'schedule'].map((key) => queryClient.invalidateQueries({ queryKey: [key] })));

export function NewSchedulePage() {
  const navigate = useNavigate();
  const make = useMutation({
    mutationFn: (body: NewSchedule) => bodyOf(api.http.POST('/schedules', { body })),
    onSuccess: async (made) => {
      await refresh();
      await navigate({ to: '/schedules/$scheduleId', params: { scheduleId: made.id } });
    },
  });
  return (
    <Page title="New schedule">
      <ScheduleForm initial={newSchedule()} action="Make the schedule" busy={make.isPending} error={make.error} onSubmit={make.mutate} />
    </Page>
  );
}

const firingColumns = (schedule: Schedule): Column<Firing>[] => [
  { key: 'due', header: 'Due', width: '11rem', cell: (firing) => <When at={firing.due_at} /> },
  {
    key: 'outcome',
    header: 'Outcome',
    width: '8rem',
    cell: (firing) => <StateBadge tone={outcomeTones[firing.outcome]}>{firing.outcome}</StateBadge>,
  },
  { key: 'fired', header: 'Dealt with', width: '11rem', cell: (firing) => <When at={firing.fired_at} /> },
  { key: 'missed', header: 'Missed before', width: '7rem', align: 'right', cell: (firing) => firing.missed },
  {
    key: 'what',
    header: 'What became of it',
    width: 'minmax(12rem, 1fr)',
    cell: ({ started_id, detail }) => {
      if (!started_id) return detail ?? '–';
      if (schedule.kind === 'import')
        return (
          <Link to="/imports/$importId" params={{ importId: started_id }}>
            Import {started_id}
          </Link>
        );
      if (schedule.kind !== 'start_job') return `${schedule.kind === 'purge' ? 'Purge' : 'Export'} ${started_id}`;
      return (
        <Link to="/jobs/$jobId" params={{ jobId: started_id }}>
          Job {started_id}
        </Link>
      );
    },
  },
];

export function SchedulePage() {
  const { scheduleId } = route.useParams();
  const query = useQuery(scheduleQuery(scheduleId));
  const mayChange = useMayChange();
  return (
    <Page title={query.data?.name ?? `Schedule ${scheduleId}`} actions={query.data && mayChange && <Remove schedule={query.data} />}>
      <Loaded query={query}>
        {(schedule) => (
          <>
            <Panel title="Due times so far" flush>
              <PagedTable
                label="Due times so far"
                query={firingsQuery(scheduleId)}
                columns={firingColumns(schedule)}
                rowKey={(firing) => firing.due_at}
                maxHeight="16rem"
                empty={<EmptyState title="Not due yet">What becomes of each due time is kept here.</EmptyState>}
              />
            </Panel>
            <Edit key={schedule.id} schedule={schedule} mayChange={mayChange} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Edit({ schedule, mayChange }: { schedule: Schedule; mayChange: boolean }) {
  const params = { path: { schedule_id: schedule.id } };
  const save = useMutation({
    mutationFn: (body: NewSchedule) => bodyOf(api.http.PUT('/schedules/{schedule_id}', { params, body })),
    onSuccess: refresh,
  });
  return (
    <ScheduleForm
      initial={scheduleValuesOf(schedule)}
      action="Save"
      readOnly={!mayChange}
      saved={save.isSuccess}
      busy={save.isPending}
      error={save.error}
      onSubmit={save.mutate}
    />
  );
}

function Remove({ schedule }: { schedule: Schedule }) {
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const remove = useMutation({
    mutationFn: () => bodyOf(api.http.DELETE('/schedules/{schedule_id}', { params: { path: { schedule_id: schedule.id } } })),
    onSuccess: async () => {
      await navigate({ to: '/schedules' });
      await refresh();
    },
  });
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        Remove
      </Button>
      <Confirm
        title={`Remove ${schedule.name}?`}
        action="Remove"
        danger
        opened={asking}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate()}
        onClose={() => setAsking(false)}
      >
        What it has started goes on. This cannot be undone.
      </Confirm>
    </>
  );
}
