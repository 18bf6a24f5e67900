import type { ImportOptions, NewSchedule, Recurrence, Schedule, ScheduledKind, Timetable } from '@everdial/api-client';
import { formatMinute, parseMinute } from './strategy';

export const kinds: Record<ScheduledKind, string> = {
  start_job: 'Start a job',
  export_contacts: 'Export contacts',
  export_attempts: 'Export attempts of the latest job',
  purge: 'Purge',
  import: 'Import a file of the import folder',
};
export const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/** A schedule as its form holds it; times are text, and what does not go with the kind or recurrence is kept but not sent. */
export interface ScheduleValues {
  name: string;
  kind: ScheduledKind;
  campaign_id: string;
  list_id: string;
  file_name: string;
  options?: ImportOptions;
  misfire: 'run_once' | 'skip';
  grace_s: number;
  enabled: boolean;
  timetable: {
    recurrence: Recurrence;
    time_zone: string;
    minutes: string;
    weekdays: string[];
    days: string;
    from: string;
    until: string;
  };
}

export const newSchedule = (): ScheduleValues => ({
  name: '',
  kind: 'start_job',
  campaign_id: '',
  list_id: '',
  file_name: '',
  misfire: 'run_once',
  grace_s: 60,
  enabled: true,
  timetable: {
    recurrence: 'weekly',
    time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC',
    minutes: '09:00',
    weekdays: ['1', '2', '3', '4', '5'],
    days: '1',
    from: '',
    until: '',
  },
});

export function scheduleValuesOf(schedule: Schedule): ScheduleValues {
  const { timetable: t } = schedule;
  const fresh = newSchedule();
  return {
    name: schedule.name,
    kind: schedule.kind,
    campaign_id: schedule.campaign_id ? String(schedule.campaign_id) : '',
    list_id: schedule.list_id ? String(schedule.list_id) : '',
    file_name: schedule.file_name ?? '',
    options: schedule.options,
    misfire: schedule.misfire,
    grace_s: schedule.grace_s,
    enabled: schedule.enabled,
    timetable: {
      recurrence: t.recurrence ?? 'weekly',
      time_zone: t.time_zone ?? 'UTC',
      minutes: t.minutes.map(formatMinute).join(', '),
      weekdays: t.weekdays?.map(String) ?? fresh.timetable.weekdays,
      days: t.days?.map((day) => (day === -1 ? 'last' : String(day))).join(', ') ?? fresh.timetable.days,
      from: t.from ?? '',
      until: t.until ?? '',
    },
  };
}

const parts = (text: string): string[] => text.split(/[,\s]+/).filter(Boolean);

/** What to send; a time or day that cannot be read goes as a number that the server refuses at its field. */
export function timetableOf({ recurrence, time_zone, minutes, weekdays, days, from, until }: ScheduleValues['timetable']): Timetable {
  const timetable: Timetable = { recurrence, time_zone, minutes: parts(minutes).map((time) => parseMinute(time) ?? -1) };
  if (from) timetable.from = from;
  if (until && recurrence !== 'once') timetable.until = until;
  if (recurrence === 'weekly') timetable.weekdays = weekdays.map(Number).sort((a, b) => a - b);
  if (recurrence === 'monthly') timetable.days = parts(days).map((day) => (day === 'last' ? -1 : /^\d+$/.test(day) ? Number(day) : 0));
  return timetable;
}

export function scheduleOf(values: ScheduleValues): NewSchedule {
  const { campaign_id, list_id, file_name, options, timetable, name, ...rest } = values;
  const schedule: NewSchedule = { ...rest, name: name.trim(), timetable: timetableOf(timetable) };
  if (values.kind === 'start_job' || values.kind === 'export_attempts') schedule.campaign_id = Number(campaign_id);
  if (values.kind === 'export_contacts' || values.kind === 'import') schedule.list_id = Number(list_id);
  if (values.kind === 'import') Object.assign(schedule, { file_name: file_name.trim(), options });
  return schedule;
}
