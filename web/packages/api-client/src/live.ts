import { wait } from './failover';
import { ApiError, apiErrorOf } from './problem';
import { EventStreamParser, type ServerEvent } from './sse';

export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'refused';

export interface LiveOptions {
  url: string;
  fetch: (request: Request) => Promise<Response>;
  onEvent: (event: ServerEvent) => void;
  onState: (state: LiveState, error?: Error) => void;
  /** Something came, be it only a sign of life. */
  onHeard?: () => void;
  /** Nothing for this long, not even a comment (one comes every 5 s), means that the connection is dead. Milliseconds. */
  silence?: number;
  /** Longest pause between two tries, milliseconds. */
  longestPause?: number;
}

/**
 * Follows the live stream until `signal` aborts: reconnects with growing pauses and Last-Event-ID, and treats silence as loss,
 * because a frozen server keeps its connections open. Stops only when the server refuses (not logged in any more).
 */
export async function followLive(options: LiveOptions, signal: AbortSignal): Promise<void> {
  const { onEvent, onState, silence = 7000, longestPause = 5000 } = options;
  let lastId = '';
  let pause = 250;
  onState('connecting');
  while (!signal.aborted) {
    const connection = new AbortController();
    const stop = () => connection.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => connection.abort(new Error('the live stream fell silent')), silence);
    };
    try {
      heard();
      const headers: Record<string, string> = { accept: 'text/event-stream' };
      if (lastId) headers['last-event-id'] = lastId;
      const response = await options.fetch(
        new Request(options.url, { headers, signal: connection.signal, cache: 'no-store' }),
      );
      if (!response.ok || !response.body) throw await apiErrorOf(response);
      const parser = new EventStreamParser((event) => {
        if (event.id) lastId = event.id;
        onEvent(event);
      });
      const decoder = new TextDecoder();
      const reader = response.body.getReader();
      onState('live');
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        heard();
        options.onHeard?.();
        pause = 250;
        parser.push(decoder.decode(value, { stream: true }));
      }
      if (!signal.aborted) onState('reconnecting');
    } catch (error) {
      if (signal.aborted) break;
      if (error instanceof ApiError && (error.unauthorised || error.status === 403)) return onState('refused', error);
      onState('reconnecting', error as Error);
    } finally {
      clearTimeout(watchdog);
      signal.removeEventListener('abort', stop);
    }
    await wait(pause * (0.75 + Math.random() / 2), signal).catch(() => undefined);
    pause = Math.min(pause * 2, longestPause);
  }
}
