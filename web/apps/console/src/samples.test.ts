import type { Job } from '@everdial/api-client';
import { expect, test } from 'vitest';
import { addSample, samplesOf } from './samples';

const job = (in_flight: number, attempts_per_s?: number) =>
  ({ id: 3, progress: { contacts: 9, done: 0, remaining: 9, attempts: 0, in_flight, attempts_per_s } }) as Job;

test('a chart has rising times: the newer of two values in one second stays', () => {
  addSample(job(1), 1000);
  addSample(job(2, 4.5), 2000);
  addSample(job(3, 5), 2400);
  expect(samplesOf(3)).toEqual({ times: [1, 2], attemptsPerSecond: [null, 5], inFlight: [1, 3] });
});

test('only the last values are kept', () => {
  for (let second = 10; second < 2000; second++) addSample(job(second), second * 1000);
  const { times, inFlight } = samplesOf(3);
  expect(times).toHaveLength(900);
  expect(times.at(-1)).toBe(1999);
  expect(inFlight.at(-1)).toBe(1999);
});
