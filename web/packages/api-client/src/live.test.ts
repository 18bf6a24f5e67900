// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { followLive, type LiveState } from './live';

/** A stream that the test feeds, one connection after the other. */
function feed() {
  const connections: { request: Request; stream: ReadableStreamDefaultController<Uint8Array> }[] = [];
  let arrived: (() => void) | undefined;
  const answers: (Response | 'stream')[] = [];
  return {
    connections,
    answers,
    fetch: async (request: Request) => {
      const answer = answers.shift() ?? 'stream';
      if (answer !== 'stream') return answer;
      let stream!: ReadableStreamDefaultController<Uint8Array>;
      const body = new ReadableStream<Uint8Array>({ start: (controller) => void (stream = controller) });
      request.signal.addEventListener('abort', () => stream.error(request.signal.reason));
      connections.push({ request, stream });
      arrived?.();
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    },
    async connected(count: number) {
      while (connections.length < count) await new Promise<void>((resolve) => (arrived = resolve));
      return connections[count - 1]!;
    },
  };
}
const bytes = (text: string) => new TextEncoder().encode(text);

function follow(server: ReturnType<typeof feed>, silence = 10_000) {
  const stop = new AbortController();
  const states: LiveState[] = [];
  const seen: string[] = [];
  const done = followLive(
    {
      url: 'http://a/api/v1/live',
      fetch: server.fetch,
      onEvent: (event) => seen.push(event.data),
      onState: (state) => states.push(state),
      silence,
      longestPause: 1,
    },
    stop.signal,
  );
  return { stop, states, seen, done };
}

describe('followLive', () => {
  test('D_06 reconnects with Last-Event-ID after the server has gone', async () => {
    const server = feed();
    const { stop, states, seen, done } = follow(server);
    const first = await server.connected(1);
    first.stream.enqueue(bytes('id: 5\ndata: one\n\n'));
    first.stream.close();
    const second = await server.connected(2);
    expect(second.request.headers.get('last-event-id')).toBe('5');
    second.stream.enqueue(bytes('data: two\n\n'));
    second.stream.close();
    await server.connected(3);
    stop.abort();
    await done;
    expect(seen).toEqual(['one', 'two']);
    expect(states.slice(0, 4)).toEqual(['connecting', 'live', 'reconnecting', 'live']);
  });

  test('takes silence for loss', async () => {
    const server = feed();
    const { stop, states, done } = follow(server, 30);
    await server.connected(2);
    stop.abort();
    await done;
    expect(states).toContain('reconnecting');
  });

  test('stops when nobody is logged in', async () => {
    const server = feed();
    server.answers.push(new Response('{"title":"Not logged in"}', { status: 401 }));
    const { states, done } = follow(server);
    await done;
    expect(states).toEqual(['connecting', 'refused']);
  });

  test('tries again when the server is not ready', async () => {
    const server = feed();
    server.answers.push(new Response('', { status: 503 }));
    const { stop, states, done } = follow(server);
    await server.connected(1);
    stop.abort();
    await done;
    expect(states).toContain('reconnecting');
  });
});
