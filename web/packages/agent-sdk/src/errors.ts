import type { Problem, States } from './protocol.js';

/** The codes that Everdial refuses with, and (from 9300) the SDK's own. */
export const errorCodes = {
  parse_error: -32700,
  invalid_request: -32600,
  method_not_found: -32601,
  invalid_params: -32602,
  call_control_not_available: 9007,
  media_server_not_reachable: 9009,
  not_logged_on: 9101,
  already_logged_on: 9102,
  session_ended: 9103,
  wrong_agent_state: 9104,
  wrong_call_state: 9105,
  not_nailed: 9106,
  wrong_job_state: 9107,
  no_such_agent: 9108,
  no_such_job: 9109,
  no_such_code: 9110,
  agent_not_free: 9111,
  not_allowed: 9112,
  invalid: 9113,
  manager_not_available: 9114,
  /** The manager was away for too long: it was not done, and will not be. */
  not_done: 9117,
  wrong_ticket: 9200,
  wrong_token: 9201,
  too_many_requests: 9202,
  record_not_available: 9203,
  /** It has never left this page, or was refused as "not now": nothing was done. */
  not_sent: 9300,
  /** It was sent and not answered: it may have been done. The agent's states tell. */
  unsure: 9301,
  /** Too many requests wait already. */
  too_many_waiting: 9302,
} as const;

export type ErrorName = keyof typeof errorCodes;

const notNow: ReadonlySet<number> = new Set([
  errorCodes.call_control_not_available,
  errorCodes.media_server_not_reachable,
  errorCodes.manager_not_available,
  errorCodes.too_many_requests,
  errorCodes.record_not_available,
]);

/** Why a request was refused or given up. */
export class AgentError extends Error {
  override readonly name = 'AgentError';

  constructor(
    readonly code: number,
    message: string,
    /** The agent's states, where the server has told them. */
    readonly states?: States,
    readonly retryAfterMs?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** The code's name; a code of a later version has none. */
  get error(): ErrorName | undefined {
    return (Object.keys(errorCodes) as ErrorName[]).find((name) => errorCodes[name] === this.code);
  }

  /** Nothing was done, and the same may do in a moment: the SDK sends it again while its patience lasts. */
  get notNow(): boolean {
    return notNow.has(this.code);
  }

  static from(problem: Problem): AgentError {
    return new AgentError(problem.code, problem.message, problem.data?.states, problem.data?.retry_after_ms);
  }
}
