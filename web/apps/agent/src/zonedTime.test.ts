import { describe, expect, test } from 'vitest';
import { clockIn, momentIn, zones } from './zonedTime';

const moment = (zone: string, clock: string) => new Date(momentIn(zone, clock)).toISOString();

describe('The time of a place', () => {
  test('is its clock, in summer and in winter', () => {
    expect(clockIn('America/New_York', Date.parse('2030-07-01T12:30:00Z'))).toBe('2030-07-01T08:30');
    expect(moment('America/New_York', '2030-07-01T08:30')).toBe('2030-07-01T12:30:00.000Z');
    expect(moment('America/New_York', '2030-01-31T08:30')).toBe('2030-01-31T13:30:00.000Z');
    expect(moment('Asia/Kolkata', '2030-01-31T00:00')).toBe('2030-01-30T18:30:00.000Z');
  });

  test('of an hour that comes twice is the first, and of one that is left out the one after it', () => {
    expect(moment('Europe/Berlin', '2030-10-27T02:30')).toBe('2030-10-27T00:30:00.000Z');
    expect(moment('Europe/Berlin', '2030-03-31T02:30')).toBe('2030-03-31T01:30:00.000Z');
    expect(clockIn('Europe/Berlin', momentIn('Europe/Berlin', '2030-03-31T02:30'))).toBe('2030-03-31T03:30');
  });

  test('can be chosen from all places, the likely ones first, each once', () => {
    const all = zones(undefined, 'Europe/Berlin', 'America/New_York', 'Europe/Berlin');
    expect(all.slice(0, 2)).toEqual(['Europe/Berlin', 'America/New_York']);
    expect(new Set(all).size).toBe(all.length);
    expect(all.length).toBeGreaterThan(200);
  });
});
