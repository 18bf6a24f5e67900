// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { ApiError, bodyOf, createApi } from './index';

function apiWith(answer: (request: Request) => Response, options: { token?: string; onUnauthorised?: () => void } = {}) {
  const requests: Request[] = [];
  const send: typeof fetch = async (input) => {
    requests.push(input as Request);
    return answer(input as Request);
  };
  return { requests, api: createApi({ servers: ['http://a'], fetch: send, pause: 1, ...options }) };
}
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'x-request-id': 'r1' } });

describe('createApi', () => {
  test('sends CSRF token and a new idempotency key with each change, neither with a read', async () => {
    const { api, requests } = apiWith(() => json({ items: [] }));
    api.setCsrfToken('secret');
    await api.http.POST('/lists', { body: { name: 'x' } });
    await api.http.POST('/lists', { body: { name: 'x' } });
    await api.http.GET('/lists');
    const [one, two, read] = requests.map((request) => request.headers);
    expect(one!.get('x-csrf-token')).toBe('secret');
    expect(one!.get('idempotency-key')).toBeTruthy();
    expect(one!.get('idempotency-key')).not.toBe(two!.get('idempotency-key'));
    expect(read!.get('x-csrf-token')).toBeNull();
    expect(read!.get('idempotency-key')).toBeNull();
    expect(requests[0]!.url).toBe('http://a/api/v1/lists');
  });

  test('throws what was wrong, where, and the request id', async () => {
    const { api } = apiWith(() =>
      json({ title: 'Wrong request', detail: 'One field', errors: [{ pointer: '/name', detail: 'is taken' }] }, 409),
    );
    const error = await bodyOf(api.http.POST('/lists', { body: { name: 'x' } })).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 409, title: 'Wrong request', errors: [{ pointer: '/name', detail: 'is taken' }], requestId: 'r1' });
  });

  test('makes an error even of a page that is not ours', async () => {
    const { api } = apiWith(() => new Response('<html>', { status: 400 }));
    await expect(bodyOf(api.http.GET('/lists'))).rejects.toMatchObject({ status: 400, errors: [] });
  });

  test('tells when nobody is logged in', async () => {
    let told = 0;
    const { api } = apiWith(() => json({ title: 'Not logged in' }, 401), { onUnauthorised: () => told++ });
    await expect(bodyOf(api.http.GET('/status'))).rejects.toBeInstanceOf(ApiError);
    expect(told).toBe(1);
  });

  test('sends the token of a program', async () => {
    const { api, requests } = apiWith(() => json({}), { token: 't' });
    await api.http.GET('/session');
    expect(requests[0]!.headers.get('authorization')).toBe('Bearer t');
  });
});
