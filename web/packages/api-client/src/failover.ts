import { UnreachableError } from './problem';

export interface FailoverOptions {
  /** Origins of the servers, in order of preference. One name in front of all servers is a list of one. */
  servers: readonly string[];
  fetch?: typeof fetch;
  /** How often the whole list is tried before giving up. */
  rounds?: number;
  /** Pause before each round but the first, milliseconds. */
  pause?: number;
  /** How long a request that is held back by load is tried again, milliseconds. */
  patience?: number;
}

/** Answers that say "not here, not now": another server may well do it. */
const elsewhere = new Set([502, 503, 504]);

/** How long to wait before the same request is worth sending again; undefined: it is not held back by load. */
function heldBackFor(response: Response): number | undefined {
  if (response.status !== 503 || !response.headers.has('everdial-restricted')) return undefined;
  return Number(response.headers.get('retry-after') ?? 5) * 1000;
}

/**
 * A fetch that goes on at the next server when one does not answer. Safe to use for changes too, since each carries an
 * Idempotency-Key that all servers share: a change that was done but not answered is not done again.
 */
export function failoverFetch({ servers, fetch: send = globalThis.fetch, rounds = 2, pause = 300, patience = 900_000 }: FailoverOptions) {
  let current = 0;
  return async (request: Request): Promise<Response> => {
    const { pathname, search } = new URL(request.url);
    const { method, headers, signal, credentials, cache } = request;
    // Buffered, because a body that is a stream can be sent only once, and not at all over HTTP/1.1.
    const body = request.body ? await request.arrayBuffer() : undefined;
    const tries = servers.length * rounds;
    const until = Date.now() + patience;
    let refused: Response | undefined;
    let failure: unknown;
    for (let i = 0; i < tries; i++) {
      if (i > 0 && i % servers.length === 0) await wait(pause, signal);
      const server = servers[current % servers.length]!;
      try {
        const response = await send(new Request(new URL(pathname + search, server), { method, headers, body, signal, credentials, cache }));
        const held = heldBackFor(response);
        if (held !== undefined && Date.now() + held < until) {
          // Each server would say the same; what was asked for is done as soon as there is room for it.
          await wait(held, signal);
          i--;
          continue;
        }
        if (held !== undefined || !elsewhere.has(response.status)) return response;
        refused = response;
      } catch (error) {
        if (signal.aborted) throw error;
        failure = error;
      }
      current = (current + 1) % servers.length;
    }
    if (refused) return refused;
    throw new UnreachableError(servers, failure);
  };
}

/** Resolves after `ms`; rejects at once when the signal says so. */
export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    if (signal?.aborted) return reject(signal.reason);
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
