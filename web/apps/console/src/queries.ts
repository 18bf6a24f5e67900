import { bodyOf, type Agent, type AgentOrder, type AgentState, type Alarm, type AttemptState, type CompletionCode, ApiError, type Export, type InboundQueue, type Purge, type Session } from '@everdial/api-client';
import { keepPreviousData, queryOptions, type InfiniteData, type QueryKey, type UseInfiniteQueryOptions } from '@tanstack/react-query';
import { api, sessionKey } from './api';

const { http } = api;

export interface PageOf<Row> {
  items: Row[];
  next?: string;
}

/** Pages of a list, one after the other by the server's cursor. */
export type PagedQuery<Row> = UseInfiniteQueryOptions<PageOf<Row>, Error, InfiniteData<PageOf<Row>>, QueryKey, string | undefined>;

const paged = <Row,>(queryKey: QueryKey, load: (cursor: string | undefined) => Promise<PageOf<Row>>): PagedQuery<Row> => ({
  queryKey,
  queryFn: ({ pageParam }) => load(pageParam),
  initialPageParam: undefined,
  getNextPageParam: (page) => page.next,
});

/** Null when nobody is logged in. */
export const sessionQuery = queryOptions({
  queryKey: sessionKey,
  queryFn: async (): Promise<Session | null> => {
    try {
      const session = await bodyOf(http.GET('/session'));
      api.setCsrfToken(session.csrf_token);
      return session;
    } catch (error) {
      if (error instanceof ApiError && error.unauthorised) return null;
      throw error;
    }
  },
  staleTime: Infinity,
});

export const statusQuery = queryOptions({ queryKey: ['status'], queryFn: () => bodyOf(http.GET('/status')) });
/** Changes each second, so it is not in the live stream. */
export const loadsQuery = queryOptions({ queryKey: ['loads'], queryFn: () => bodyOf(http.GET('/loads')), refetchInterval: 3000 });

export const leaseHistoryQuery = (resource: string) =>
  paged(['lease history', resource], (cursor) =>
    bodyOf(http.GET('/leases/{resource}/history', { params: { path: { resource: resource.replace('/', ':') }, query: { cursor } } })),
  );

export const componentOrdersQuery = paged(['component orders'], (cursor) =>
  bodyOf(http.GET('/component-orders', { params: { query: { cursor } } })),
);

export const alarmsQuery: PagedQuery<Alarm> = {
  ...paged(['alarms'], (cursor) => bodyOf(http.GET('/alarms', { params: { query: { cursor } } }))),
  refetchInterval: 5000,
};
/** Of what this server lost, or of all. */
export const failoversQuery = (server: string) =>
  paged(['failovers', server], (cursor) => bodyOf(http.GET('/failovers', { params: { query: { cursor, ...(server ? { server } : {}) } } })));
export const failoverQuery = (failover_id: number) =>
  queryOptions({
    queryKey: ['failover', failover_id],
    queryFn: () => bodyOf(http.GET('/failovers/{failover_id}', { params: { path: { failover_id } } })),
  });
export const readinessQuery = queryOptions({ queryKey: ['readiness'], queryFn: () => bodyOf(http.GET('/readiness')), refetchInterval: 5000 });
export const whatIfQuery = (server: string) =>
  queryOptions({
    queryKey: ['what if', server],
    queryFn: () => bodyOf(http.GET('/servers/{server}/what-if', { params: { path: { server } } })),
    refetchInterval: 5000,
  });
export const drillsQuery = paged(['drills'], (cursor) => bodyOf(http.GET('/drills', { params: { query: { cursor } } })));
export const drillQuery = (drill_id: number) =>
  queryOptions({ queryKey: ['drill', drill_id], queryFn: () => bodyOf(http.GET('/drills/{drill_id}', { params: { path: { drill_id } } })) });

export const listsQuery = paged(['lists'], (cursor) => bodyOf(http.GET('/lists', { params: { query: { cursor } } })));
export const listQuery = (list_id: number) =>
  queryOptions({ queryKey: ['list', list_id], queryFn: () => bodyOf(http.GET('/lists/{list_id}', { params: { path: { list_id } } })) });
export const contactsQuery = (list_id: number) =>
  paged(['contacts', list_id], (cursor) =>
    bodyOf(http.GET('/lists/{list_id}/contacts', { params: { path: { list_id }, query: { cursor, limit: 200 } } })),
  );

export const importsQuery = (list_id: number) =>
  paged(['imports', list_id], (cursor) => bodyOf(http.GET('/imports', { params: { query: { list_id, cursor } } })));
export const importQuery = (import_id: number) =>
  queryOptions({
    queryKey: ['import', import_id],
    queryFn: () => bodyOf(http.GET('/imports/{import_id}', { params: { path: { import_id } } })),
  });
export const rejectsQuery = (import_id: number) =>
  paged(['rejects', import_id], (cursor) =>
    bodyOf(http.GET('/imports/{import_id}/rejects', { params: { path: { import_id }, query: { cursor, limit: 200 } } })),
  );

export const campaignsQuery = paged(['campaigns'], (cursor) => bodyOf(http.GET('/campaigns', { params: { query: { cursor } } })));
export const campaignQuery = (campaign_id: number) =>
  queryOptions({
    queryKey: ['campaign', campaign_id],
    queryFn: () => bodyOf(http.GET('/campaigns/{campaign_id}', { params: { path: { campaign_id } } })),
  });

export const jobsQuery = (campaign_id?: number) =>
  paged(['jobs', campaign_id ?? 'all'], (cursor) => bodyOf(http.GET('/jobs', { params: { query: { campaign_id, cursor } } })));
export const jobQuery = (job_id: number) =>
  queryOptions({ queryKey: ['job', job_id], queryFn: () => bodyOf(http.GET('/jobs/{job_id}', { params: { path: { job_id } } })) });

export interface AgentFilter {
  zone?: string;
  state?: AgentState | 'logged_on';
}
// What agents do is not in the live stream: looked at again every few seconds, as long as that is only a few pages.
export const agentsQuery = (filter: AgentFilter): PagedQuery<Agent> => ({
  ...paged(['agents', filter], (cursor) => bodyOf(http.GET('/agents', { params: { query: { ...filter, cursor, limit: 200 } } }))),
  refetchInterval: ({ state }) => (state.data?.pages.length ?? 0) <= 10 && 2000,
  placeholderData: keepPreviousData,
});
export const agentOrdersQuery: PagedQuery<AgentOrder> = {
  ...paged(['agents', 'orders'], (cursor) => bodyOf(http.GET('/agent-orders', { params: { query: { cursor } } }))),
  refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.items.some((one) => one.state === 'pending')) ? 1000 : 5000),
};
export const inboundQueuesQuery: PagedQuery<InboundQueue> = {
  ...paged(['agents', 'inbound queues'], (cursor) => bodyOf(http.GET('/inbound-queues', { params: { query: { cursor } } }))),
  refetchInterval: 2000,
};
/** Jobs that agents can work for now. */
export const agentJobsQuery = queryOptions({
  queryKey: ['agent jobs'],
  queryFn: async () =>
    (await bodyOf(http.GET('/jobs', { params: { query: { state: 'unfinished', limit: 500 } } }))).items.filter(
      (job) => job.agents && (job.state === 'filtering' || job.state === 'running'),
    ),
});
export const agentZonesQuery = queryOptions({
  queryKey: ['agents', 'zones'],
  queryFn: () => bodyOf(http.GET('/agent-zones')),
  refetchInterval: 2000,
});

export interface AttemptFilter {
  code?: CompletionCode;
  state?: AttemptState;
  phone?: string;
}
export const attemptsQuery = (job_id: number, filter: AttemptFilter) =>
  paged(['attempts', job_id, filter], (cursor) =>
    bodyOf(http.GET('/jobs/{job_id}/attempts', { params: { path: { job_id }, query: { ...filter, cursor } } })),
  );
export const attemptQuery = (attempt_id: string) =>
  queryOptions({
    queryKey: ['attempt', attempt_id],
    queryFn: () => bodyOf(http.GET('/attempts/{attempt_id}', { params: { path: { attempt_id } } })),
  });

export const schedulesQuery = paged(['schedules'], (cursor) => bodyOf(http.GET('/schedules', { params: { query: { cursor } } })));
export const scheduleQuery = (schedule_id: number) =>
  queryOptions({
    queryKey: ['schedule', schedule_id],
    queryFn: () => bodyOf(http.GET('/schedules/{schedule_id}', { params: { path: { schedule_id } } })),
  });
export const firingsQuery = (schedule_id: number) =>
  paged(['schedule', schedule_id, 'firings'], (cursor) =>
    bodyOf(http.GET('/schedules/{schedule_id}/firings', { params: { path: { schedule_id }, query: { cursor } } })),
  );

// Figures that are caught up from the attempts, not told by the live stream: looked at again now and then.
export const jobSummaryQuery = (job_id: number) =>
  queryOptions({
    queryKey: ['summary', job_id],
    queryFn: () => bodyOf(http.GET('/jobs/{job_id}/summary', { params: { path: { job_id } } })),
    refetchInterval: ({ state }) => (state.data?.complete ? false : 5000),
  });
export const jobAgentsQuery = (job_id: number, live: boolean) =>
  queryOptions({
    queryKey: ['job agents', job_id],
    queryFn: () => bodyOf(http.GET('/jobs/{job_id}/agents', { params: { path: { job_id } } })),
    // What agents do comes by the live stream; this is for the share abandoned in the campaign's period.
    refetchInterval: live && 10_000,
  });
export const trendQuery = (campaign_id: number) =>
  queryOptions({
    queryKey: ['trend', campaign_id],
    queryFn: () => bodyOf(http.GET('/campaigns/{campaign_id}/trend', { params: { path: { campaign_id }, query: { by: 'day', buckets: 31 } } })),
    refetchInterval: 10_000,
  });
export const nuisanceQuery = queryOptions({
  queryKey: ['nuisance'],
  queryFn: () => bodyOf(http.GET('/nuisance-alarms', { params: { query: { limit: 500 } } })),
  refetchInterval: 10_000,
});

export const retentionQuery = queryOptions({ queryKey: ['retention'], queryFn: () => bodyOf(http.GET('/retention')) });
export const purgesQuery: PagedQuery<Purge> = {
  ...paged(['purges'], (cursor) => bodyOf(http.GET('/purges', { params: { query: { cursor } } }))),
  refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.items.some((one) => one.state !== 'completed')) ? 1000 : false),
};

export const exportsQuery: PagedQuery<Export> = {
  ...paged(['exports'], (cursor) => bodyOf(http.GET('/exports', { params: { query: { cursor } } }))),
  // Not in the live stream: looked at again while one is on its way.
  refetchInterval: ({ state }) =>
    state.data?.pages.some((page) => page.items.some((one) => one.state === 'queued' || one.state === 'running')) ? 1000 : false,
};

export const dncQuery = (starts_with: string | undefined) =>
  paged(['dnc', starts_with ?? ''], (cursor) => bodyOf(http.GET('/dnc', { params: { query: { starts_with, cursor, limit: 200 } } })));
