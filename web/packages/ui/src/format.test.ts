import { describe, expect, test } from 'vitest';
import { formatAge, formatBytes, formatCode, formatDuration, formatPercent } from './format';

describe('format', () => {
  test('a percentage never rounds to all or nothing when it is neither', () => {
    expect([
      formatPercent(0, 1000), formatPercent(1, 1000), formatPercent(500, 1000), formatPercent(999, 1000), formatPercent(1000, 1000), formatPercent(0, 0),
    ]).toEqual(['0 %', '< 1 %', '50 %', '> 99 %', '100 %', '–']);
  });

  test('a duration is written in the units that fit it', () => {
    const written = [0, 850, 12_340, 59_960, 245_000, 11_520_000, 187_200_000, -5000].map(formatDuration);
    expect(written).toEqual(['0 ms', '850 ms', '12.3 s', '1 min 00 s', '4 min 05 s', '3 h 12 min', '2 d 4 h', '-5.0 s']);
  });

  test('an age has whole seconds and is never negative', () => {
    expect([formatAge(-300), formatAge(1999), formatAge(61_000)]).toEqual(['0 s', '1 s', '1 min 01 s']);
  });

  test('bytes are written in thousands', () => {
    expect([formatBytes(0), formatBytes(999), formatBytes(184_223), formatBytes(2.5e9)]).toEqual(['0 B', '999 B', '184.2 kB', '2.5 GB']);
  });

  test('a code is readable', () => expect(formatCode('ring_no_answer')).toBe('Ring no answer'));
});
