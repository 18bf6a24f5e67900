import createFetchClient, { type Client } from 'openapi-fetch';
import { failoverFetch, type FailoverOptions } from './failover';
import { followLive, type LiveState } from './live';
import { apiErrorOf } from './problem';
import type { components, paths } from './schema';
import type { ServerEvent } from './sse';

export { ApiError, UnreachableError, type FieldError } from './problem';
export { EventStreamParser, type ServerEvent } from './sse';
export { wait } from './failover';
export type { LiveState } from './live';
export type { components, paths };

type Schemas = components['schemas'];
export type Account = Schemas['Account'];
export type Agent = Schemas['Agent'];
export type AgentCallState = Schemas['AgentCallState'];
export type AgentChange = Schemas['AgentChange'];
export type AgentOrder = Schemas['AgentOrder'];
export type AgentOrderState = Schemas['AgentOrderState'];
export type AgentSettings = Schemas['AgentSettings'];
export type AgentState = Schemas['AgentState'];
export type AgentZone = Schemas['AgentZone'];
export type Alarm = Schemas['Alarm'];
export type AlarmKind = Schemas['AlarmKind'];
export type Attempt = Schemas['Attempt'];
export type AttemptState = Schemas['AttemptState'];
export type AttemptWay = Schemas['AttemptWay'];
export type Bucket = Schemas['Bucket'];
export type Campaign = Schemas['Campaign'];
export type CompletionCode = Schemas['CompletionCode'];
export type ComponentAction = Schemas['ComponentAction'];
export type ComponentOrder = Schemas['ComponentOrder'];
export type ComponentState = Schemas['ComponentState'];
export type ComponentStatus = Schemas['ComponentStatus'];
export type CodeText = Schemas['CodeText'];
export type Contact = Schemas['Contact'];
export type ContactList = Schemas['ContactList'];
export type DncNumber = Schemas['DncNumber'];
export type Drill = Schemas['Drill'];
export type Export = Schemas['Export'];
export type Failover = Schemas['Failover'];
export type Finish = Schemas['Finish'];
export type FinishReason = Schemas['FinishReason'];
export type Firing = Schemas['Firing'];
export type GoalOf = Schemas['GoalOf'];
export type Import = Schemas['Import'];
export type ImportOptions = Schemas['ImportOptions'];
export type ImportState = Schemas['ImportState'];
export type InboundQueue = Schemas['InboundQueue'];
export type Job = Schemas['Job'];
export type JobAgents = Schemas['JobAgents'];
export type JobAgentsNow = Schemas['JobAgentsNow'];
export type JobRequestKind = Schemas['JobRequestKind'];
export type JobState = Schemas['JobState'];
export type Lease = Schemas['Lease'];
export type LeaseChange = Schemas['LeaseChange'];
export type NewAgent = Schemas['NewAgent'];
export type NewAgentOrder = Schemas['NewAgentOrder'];
export type NewCampaign = Schemas['NewCampaign'];
export type NewExport = Schemas['NewExport'];
export type NewImport = Schemas['NewImport'];
export type NewRetention = Schemas['NewRetention'];
export type NewSchedule = Schemas['NewSchedule'];
export type NewContactList = Schemas['NewContactList'];
export type Owner = Schemas['Owner'];
export type PacingMode = Schemas['PacingMode'];
export type PlannedAgents = Schemas['PlannedAgents'];
export type PlannedZone = Schemas['PlannedZone'];
export type Purge = Schemas['Purge'];
export type Readiness = Schemas['Readiness'];
export type Recurrence = Schemas['Recurrence'];
export type Reject = Schemas['Reject'];
export type Retention = Schemas['Retention'];
export type Schedule = Schemas['Schedule'];
export type ScheduledKind = Schemas['ScheduledKind'];
export type Server = Schemas['Server'];
export type ServerLoad = Schemas['ServerLoad'];
export type Session = Schemas['Session'];
export type Skills = Schemas['Skills'];
export type Status = Schemas['Status'];
export type Strategy = Schemas['Strategy'];
export type Timetable = Schemas['Timetable'];
export type TimelineEntry = Schemas['TimelineEntry'];
export type WhatIf = Schemas['WhatIf'];
export type Zone = Schemas['Zone'];

/** One event of the live stream: the whole new state of the thing it names. */
export type LiveEvent =
  | { type: 'status'; data: Status }
  | { type: 'job_progress'; data: Job }
  | { type: 'job_agents'; data: JobAgentsNow }
  | { type: 'import_progress'; data: Import };

export interface ApiOptions extends FailoverOptions {
  /** API token of a program; a browser has its cookie instead. */
  token?: string;
  /** Called whenever the server says that nobody is logged in. */
  onUnauthorised?: () => void;
}

export interface LiveCallbacks {
  onEvent: (event: LiveEvent) => void;
  onState: (state: LiveState, error?: Error) => void;
  /** Something came, be it only a sign of life. */
  onHeard?: () => void;
}

export interface Api {
  readonly http: Client<paths>;
  /** The CSRF token that login or GET /session told; goes with each change from then on. */
  setCsrfToken(token: string | undefined): void;
  /** Follows the live stream until `signal` aborts. */
  follow(callbacks: LiveCallbacks, signal: AbortSignal): Promise<void>;
}

const reads = new Set(['GET', 'HEAD']);

/**
 * The typed client of Everdial's API. A call that fails throws an ApiError (the server said no) or an UnreachableError (no server
 * answered); each change carries its own Idempotency-Key, so that going on at the next server never does it twice.
 */
export function createApi(options: ApiOptions): Api {
  const baseUrl = `${options.servers[0]}/api/v1`;
  const send = failoverFetch(options);
  let csrfToken: string | undefined;

  const identify = (request: Request) => {
    if (options.token) request.headers.set('authorization', `Bearer ${options.token}`);
    if (reads.has(request.method)) return;
    if (csrfToken) request.headers.set('x-csrf-token', csrfToken);
    if (!request.headers.has('idempotency-key')) request.headers.set('idempotency-key', crypto.randomUUID());
  };

  const http = createFetchClient<paths>({ baseUrl, fetch: send });
  http.use({
    onRequest({ request }) {
      identify(request);
      return request;
    },
    async onResponse({ response }) {
      if (response.ok) return;
      if (response.status === 401) options.onUnauthorised?.();
      throw await apiErrorOf(response);
    },
  });

  return {
    http,
    setCsrfToken(token) {
      csrfToken = token;
    },
    follow({ onEvent, onState, onHeard }, signal) {
      return followLive(
        {
          url: `${baseUrl}/live`,
          fetch: (request) => {
            identify(request);
            return send(request);
          },
          onEvent: (event: ServerEvent) => onEvent({ type: event.type, data: JSON.parse(event.data) } as LiveEvent),
          onState,
          onHeard,
        },
        signal,
      );
    },
  };
}

/** The body of an answer that has one; errors have been thrown before. */
export async function bodyOf<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}
