import { describe, expect, test } from 'vitest';
import { newSchedule, scheduleOf, scheduleValuesOf, timetableOf } from './timetable';

const schedule = {
  id: 1,
  name: 'Mornings',
  kind: 'start_job' as const,
  campaign_id: 7,
  misfire: 'skip' as const,
  grace_s: 30,
  enabled: true,
  next: [],
  created_at: '2026-07-01T00:00:00Z',
  timetable: { recurrence: 'monthly' as const, time_zone: 'Europe/Berlin', minutes: [540, 1050], days: [1, -1], from: '2026-07-01', until: '2026-12-31' },
};

describe('a schedule in the form', () => {
  test('comes out as it went in', () => {
    const { id, next, created_at, ...written } = schedule;
    expect(scheduleOf(scheduleValuesOf(schedule))).toEqual(written);
  });

  test('that imports a file comes out as it went in', () => {
    const { id, next, created_at, campaign_id, ...written } = { ...schedule, kind: 'import' as const, list_id: 3, file_name: 'people.csv', options: { header: false } };
    expect(scheduleOf(scheduleValuesOf({ ...written, id, next, created_at }))).toEqual(written);
  });

  test('sends only what goes with its recurrence', () => {
    const { timetable } = newSchedule();
    expect(Object.keys(timetableOf(timetable))).toEqual(['recurrence', 'time_zone', 'minutes', 'weekdays']);
    expect(timetableOf({ ...timetable, recurrence: 'once', from: '2026-07-01', until: '2026-07-02' }).until).toBeUndefined();
  });

  test('leaves it to the server to refuse what is no time or day', () => {
    const { timetable } = newSchedule();
    expect(timetableOf({ ...timetable, recurrence: 'monthly', minutes: '9:00 noon', days: 'last, first' })).toMatchObject({
      minutes: [540, -1],
      days: [-1, 0],
    });
  });
});
