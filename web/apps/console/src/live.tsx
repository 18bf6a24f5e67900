import type { Import, Job, JobAgents, LiveEvent, LiveState } from '@everdial/api-client';
import type { InfiniteData } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { api, queryClient, sessionKey } from './api';
import { addSample } from './samples';

export interface Live {
  state: LiveState;
  /** When the server last gave a sign of life, milliseconds of this browser's clock. */
  heardAt: number;
}

const LiveContext = createContext<Live>({ state: 'connecting', heardAt: 0 });
export const useLive = (): Live => useContext(LiveContext);

/** Puts the new state of one thing in the place of the old one in each page of lists that shows it. */
function replaceInPages<T extends { id: number }>(key: string, item: T): void {
  queryClient.setQueriesData<InfiniteData<{ items: T[]; next?: string }>>({ queryKey: [key] }, (data) =>
    data && {
      ...data,
      pages: data.pages.map((page) => ({ ...page, items: page.items.map((old) => (old.id === item.id ? item : old)) })),
    },
  );
}

export function applyLiveEvent(event: LiveEvent): void {
  if (event.type === 'status') {
    queryClient.setQueryData(['status'], event.data);
  } else if (event.type === 'job_progress') {
    const before = queryClient.getQueryData<Job>(['job', event.data.id]);
    queryClient.setQueryData(['job', event.data.id], event.data);
    replaceInPages('jobs', event.data);
    addSample(event.data, Date.now());
    if (!before) void queryClient.invalidateQueries({ queryKey: ['jobs'] });
    else if (before.state !== event.data.state) void queryClient.invalidateQueries({ queryKey: ['campaigns'] });
  } else if (event.type === 'job_agents') {
    queryClient.setQueryData<JobAgents>(['job agents', event.data.job_id], (before) => before && { ...before, ...event.data });
  } else if (event.type === 'import_progress') {
    const before = queryClient.getQueryData<Import>(['import', event.data.id]);
    queryClient.setQueryData(['import', event.data.id], event.data);
    replaceInPages('imports', event.data);
    if (!before) void queryClient.invalidateQueries({ queryKey: ['imports'] });
    if (before?.rejected !== event.data.rejected) void queryClient.invalidateQueries({ queryKey: ['rejects', event.data.id] });
    if (before?.accepted !== event.data.accepted) void queryClient.invalidateQueries({ queryKey: ['list', event.data.list_id] });
  }
}

/** Follows the live stream as long as somebody is logged in, and writes what it tells into the cache that all pages read. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState<LiveState>('connecting');
  const [heardAt, setHeardAt] = useState(Date.now);

  useEffect(() => {
    const stop = new AbortController();
    let wasAway = false;
    void api.follow(
      {
        onEvent: applyLiveEvent,
        onHeard: () => setHeardAt(Date.now()),
        onState: (next) => {
          setState(next);
          if (next === 'reconnecting') wasAway = true;
          if (next === 'refused') queryClient.setQueryData(sessionKey, null);
          if (next === 'live' && wasAway) {
            wasAway = false;
            void queryClient.invalidateQueries();
          }
        },
      },
      stop.signal,
    );
    return () => stop.abort();
  }, []);

  const live = useMemo(() => ({ state, heardAt }), [state, heardAt]);
  return <LiveContext value={live}>{children}</LiveContext>;
}
