import { bodyOf, type NewSchedule } from '@everdial/api-client';
import { ErrorPanel, Panel } from '@everdial/ui';
import { Button, Chip, Group, NumberInput, Select, Switch, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api } from '../api';
import { campaignsQuery, listsQuery } from '../queries';
import { useChoices } from './choices';
import classes from './CampaignForm.module.css';
import { fieldErrors } from './fieldErrors';
import { kinds, scheduleOf, timetableOf, weekdays, type ScheduleValues } from './timetable';

export interface ScheduleFormProps {
  initial: ScheduleValues;
  action: string;
  busy: boolean;
  error: Error | null;
  saved?: boolean;
  readOnly?: boolean;
  onSubmit: (schedule: NewSchedule) => void;
}

const still = { transitionProps: { duration: 0 } };

export function ScheduleForm({ initial, action, busy, error, saved, readOnly, onSubmit }: ScheduleFormProps) {
  const form = useForm<ScheduleValues>({ initialValues: initial });
  const { setErrors, values } = form;
  useEffect(() => setErrors(fieldErrors(error)), [error, setErrors]);
  const campaigns = useChoices(campaignsQuery);
  const lists = useChoices(listsQuery);
  const field = (path: string) => ({ ...form.getInputProps(path), 'data-path': path });
  const { recurrence } = values.timetable;
  return (
    <form onSubmit={form.onSubmit((sent) => onSubmit(scheduleOf(sent)))} noValidate>
      <fieldset disabled={readOnly} className={classes.form}>
        <legend className="visually-hidden">Schedule</legend>
        {error && <ErrorPanel error={error} />}
        <Panel title="What">
          <div className={classes.fields}>
            <TextInput label="Name" required maxLength={200} {...field('name')} />
            <Select
              label="Does"
              data={Object.entries(kinds).map(([value, label]) => ({ value, label }))}
              allowDeselect={false}
              comboboxProps={still}
              {...field('kind')}
            />
            {(values.kind === 'start_job' || values.kind === 'export_attempts') && (
              <Select label="Campaign" required searchable data={campaigns} comboboxProps={still} {...field('campaign_id')} />
            )}
            {(values.kind === 'export_contacts' || values.kind === 'import') && (
              <Select label="Contact list" required searchable data={lists} comboboxProps={still} {...field('list_id')} />
            )}
            {values.kind === 'import' && (
              <TextInput label="File" description="Its name in the servers' import folder" required maxLength={200} {...field('file_name')} />
            )}
            <Switch label="On" className={classes.switch} {...form.getInputProps('enabled', { type: 'checkbox' })} />
          </div>
        </Panel>
        <Panel title="When">
          <div className={classes.fields}>
            <Select
              label="Repeats"
              data={[
                { value: 'weekly', label: 'On days of the week' },
                { value: 'monthly', label: 'On days of the month' },
                { value: 'once', label: 'Never: once' },
              ]}
              allowDeselect={false}
              comboboxProps={still}
              {...field('timetable.recurrence')}
            />
            <TextInput label="Times of day" description="As 09:00, 17:30" required {...field('timetable.minutes')} />
            <TextInput label="By the clock of" description="IANA time zone, as Europe/Berlin" required {...field('timetable.time_zone')} />
            {recurrence === 'weekly' && (
              <div role="group" aria-labelledby="weekdays" data-path="timetable.weekdays">
                <div className={classes.label} id="weekdays">
                  Days of the week
                </div>
                <Chip.Group multiple {...form.getInputProps('timetable.weekdays')}>
                  <Group gap={4}>
                    {weekdays.map((day, i) => (
                      <Chip key={day} value={String(i + 1)} size="xs">
                        {day}
                      </Chip>
                    ))}
                  </Group>
                </Chip.Group>
                {form.errors['timetable.weekdays'] && <p className={classes.note}>{form.errors['timetable.weekdays']}</p>}
              </div>
            )}
            {recurrence === 'monthly' && (
              <TextInput label="Days of the month" description="As 1, 15, last" required {...field('timetable.days')} />
            )}
            <TextInput type="date" label={recurrence === 'once' ? 'Day' : 'First day'} required={recurrence === 'once'} {...field('timetable.from')} />
            {recurrence !== 'once' && <TextInput type="date" label="Last day" {...field('timetable.until')} />}
          </div>
          <NextTimes timetable={values.timetable} />
        </Panel>
        <Panel title="When nobody was there in time">
          <div className={classes.fields}>
            <Select
              label="What was due meanwhile"
              data={[
                { value: 'run_once', label: 'Is done once, late' },
                { value: 'skip', label: 'Is skipped' },
              ]}
              allowDeselect={false}
              comboboxProps={still}
              {...field('misfire')}
            />
            <NumberInput label="In time is" description="At most so late" suffix=" s" min={0} max={86_400} allowDecimal={false} {...field('grace_s')} />
          </div>
        </Panel>
      </fieldset>
      <div className={classes.foot}>
        {!readOnly && (
          <>
            <Button type="submit" loading={busy}>
              {action}
            </Button>
            <span role="status">{saved && !form.isDirty() ? 'Saved.' : ''}</span>
          </>
        )}
      </div>
    </form>
  );
}

/** The next times as the server reckons them, a moment after the last keystroke. */
function NextTimes({ timetable }: { timetable: ScheduleValues['timetable'] }) {
  const [asked] = useDebouncedValue(timetable, 300);
  const body = { timetable: timetableOf(asked) };
  const { data, error } = useQuery({
    queryKey: ['due times', body],
    queryFn: () => bodyOf(api.http.POST('/schedules/preview', { body })),
    placeholderData: (before) => before,
  });
  const zone = asked.time_zone;
  const text = (time: string) => {
    try {
      return new Intl.DateTimeFormat('en-GB', { timeZone: zone, dateStyle: 'medium', timeStyle: 'short' }).format(new Date(time));
    } catch {
      return time; // a zone that this browser does not know
    }
  };
  return (
    <div role="status" className={classes.next}>
      <div className={classes.label}>Next times</div>
      {error ? (
        <p>These times cannot be read yet.</p>
      ) : data && data.times.length === 0 ? (
        <p>It would never be due.</p>
      ) : (
        <ol aria-label="Next times">{data?.times.map((time) => <li key={time}>{text(time)}</li>)}</ol>
      )}
    </div>
  );
}
