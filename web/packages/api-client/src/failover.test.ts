// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { failoverFetch } from './failover';
import { UnreachableError } from './problem';

/** Servers that answer with a status, or not at all (null), and remember what they were asked. */
function servers(answers: Record<string, (number | null)[]>) {
  const asked: { origin: string; body: string; key: string | null }[] = [];
  const send: typeof fetch = async (input) => {
    const request = input as Request;
    const { origin } = new URL(request.url);
    asked.push({ origin, body: await request.text(), key: request.headers.get('idempotency-key') });
    const status = answers[origin]!.shift();
    if (status === undefined || status === null) throw new TypeError('fetch failed');
    return new Response('{}', { status });
  };
  const fetchAt = failoverFetch({ servers: Object.keys(answers), fetch: send, pause: 1 });
  return { asked, fetchAt };
}

const change = () =>
  new Request('http://a/api/v1/lists?x=1', { method: 'POST', body: '{"name":"n"}', headers: { 'idempotency-key': 'k1' } });

describe('failoverFetch', () => {
  test('D_06 repeats a change at the next server with the same body and idempotency key', async () => {
    const { asked, fetchAt } = servers({ 'http://a': [null], 'http://b': [201] });
    expect((await fetchAt(change())).status).toBe(201);
    expect(asked).toEqual([
      { origin: 'http://a', body: '{"name":"n"}', key: 'k1' },
      { origin: 'http://b', body: '{"name":"n"}', key: 'k1' },
    ]);
  });

  test('stays at the server that answered', async () => {
    const { asked, fetchAt } = servers({ 'http://a': [null], 'http://b': [200, 200] });
    await fetchAt(new Request('http://a/x'));
    await fetchAt(new Request('http://a/y'));
    expect(asked.map((one) => one.origin)).toEqual(['http://a', 'http://b', 'http://b']);
  });

  test('takes a refusal as the answer, but not an unavailable server', async () => {
    const { asked, fetchAt } = servers({ 'http://a': [503], 'http://b': [409] });
    expect((await fetchAt(change())).status).toBe(409);
    expect(asked).toHaveLength(2);
  });

  test('tries a single server again after a pause', async () => {
    const { asked, fetchAt } = servers({ 'http://a': [null, 200] });
    expect((await fetchAt(change())).status).toBe(200);
    expect(asked).toHaveLength(2);
  });

  test('says which servers it tried when none answers', async () => {
    const { fetchAt } = servers({ 'http://a': [], 'http://b': [] });
    const error = await fetchAt(change()).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UnreachableError);
    expect((error as UnreachableError).tried).toEqual(['http://a', 'http://b']);
  });

  test('hands over the last refusal when every server is unavailable', async () => {
    const { fetchAt } = servers({ 'http://a': [503, 503] });
    expect((await fetchAt(change())).status).toBe(503);
  });

  test('L_03 repeats what is held back by load until it is taken, or patience ends', async () => {
    const answers = [503, 503, 201, 503].map(
      (status) => new Response('{}', { status, headers: status === 503 ? { 'everdial-restricted': 'imports', 'retry-after': '0.001' } : {} }),
    );
    const asked: (string | null)[] = [];
    const send: typeof fetch = async (input) => {
      asked.push((input as Request).headers.get('idempotency-key'));
      return answers.shift()!;
    };
    expect((await failoverFetch({ servers: ['http://a', 'http://b'], fetch: send })(change())).status).toBe(201);
    expect(asked).toEqual(['k1', 'k1', 'k1']);
    expect((await failoverFetch({ servers: ['http://a'], fetch: send, patience: 0 })(change())).status).toBe(503);
  });

  test('gives up at once when the caller does', async () => {
    const { asked, fetchAt } = servers({ 'http://a': [null, 200] });
    const stop = new AbortController();
    const call = fetchAt(new Request('http://a/x', { signal: stop.signal }));
    stop.abort();
    await expect(call).rejects.toThrow();
    expect(asked.length).toBeLessThan(2);
  });
});
