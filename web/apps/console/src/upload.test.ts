// @vitest-environment node
import { createApi } from '@everdial/api-client';
import { describe, expect, test } from 'vitest';
import { chunkBytes, uploadFile, type UploadProgress } from './upload';

/** Keeps the chunks as the server would; loses every connection at the chunk `failAt`, once for each round of the client. */
function importServer(failAt?: number) {
  const chunks = new Map<number, number>();
  const calls: string[] = [];
  let failures = 2;
  const send: typeof fetch = async (input) => {
    const request = input as Request;
    const path = new URL(request.url).pathname.replace('/api/v1', '');
    calls.push(`${request.method} ${path}`);
    const chunk = /chunks\/(\d+)$/.exec(path);
    if (chunk) {
      const first = Number(chunk[1]);
      if (first === failAt && failures-- > 0) throw new TypeError('fetch failed');
      chunks.set(first, (await request.arrayBuffer()).byteLength);
      return new Response(null, { status: 204 });
    }
    return Response.json({ id: 9, state: path.endsWith('complete') ? 'queued' : 'uploading' });
  };
  return { chunks, calls, api: createApi({ servers: ['http://a'], fetch: send, pause: 1 }) };
}

const file = Object.assign(new Blob(['x'.repeat(chunkBytes * 2 + 5)]), { name: 'contacts.csv' });

describe('uploadFile', () => {
  test('sends every byte in order and completes', async () => {
    const { api, chunks, calls } = importServer();
    const progress: UploadProgress[] = [];
    await uploadFile(api, file, { kind: 'contacts', listId: 1 }, { onProgress: (p) => progress.push(p) });
    expect([...chunks]).toEqual([[0, chunkBytes], [chunkBytes, chunkBytes], [chunkBytes * 2, 5]]);
    expect(calls.at(-1)).toBe('POST /imports/9/complete');
    expect(progress.map((p) => p.sentBytes)).toEqual([0, chunkBytes, chunkBytes * 2, file.size]);
  });

  test('goes on at the chunk that failed', async () => {
    const { api, chunks, calls } = importServer(chunkBytes);
    let reached: UploadProgress | undefined;
    const onProgress = (p: UploadProgress) => void (reached = p);
    await expect(uploadFile(api, file, { kind: 'contacts', listId: 1 }, { onProgress })).rejects.toThrow();
    expect(reached).toEqual({ importId: 9, sentBytes: chunkBytes });
    calls.length = 0;
    await uploadFile(api, file, { kind: 'contacts', listId: 1 }, { onProgress, resume: reached });
    expect(calls[0]).toBe(`PUT /imports/9/chunks/${chunkBytes}`);
    expect([...chunks.values()].reduce((a, b) => a + b)).toBe(file.size);
  });
});
