import type { Job } from '@everdial/api-client';
import { useSyncExternalStore } from 'react';

/** What a job's progress was at a few hundred moments; kept while the console is open, so that its charts survive a change of page. */
export interface Samples {
  times: number[];
  attemptsPerSecond: (number | null)[];
  inFlight: number[];
}

const mostSamples = 900;
const none: Samples = { times: [], attemptsPerSecond: [], inFlight: [] };
const byJob = new Map<number, Samples>();
const listeners = new Set<() => void>();

export function addSample(job: Job, atMs: number): void {
  const old = byJob.get(job.id) ?? none;
  const time = Math.round(atMs / 1000);
  // uPlot wants rising times: two events in one second leave the newer one.
  const keep = old.times.at(-1) === time ? old.times.length - 1 : old.times.length;
  const append = <T,>(values: T[], value: T): T[] => [...values.slice(Math.max(0, keep + 1 - mostSamples), keep), value];
  byJob.set(job.id, {
    times: append(old.times, time),
    attemptsPerSecond: append(old.attemptsPerSecond, job.progress.attempts_per_s ?? null),
    inFlight: append(old.inFlight, job.progress.in_flight),
  });
  listeners.forEach((listener) => listener());
}

export const samplesOf = (jobId: number): Samples => byJob.get(jobId) ?? none;

export function useSamples(jobId: number): Samples {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => samplesOf(jobId),
  );
}
