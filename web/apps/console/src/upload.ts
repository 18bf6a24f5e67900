import { bodyOf, type Api, type Import } from '@everdial/api-client';

export interface UploadTarget {
  kind: 'contacts' | 'dnc';
  /** Where contacts go. */
  listId?: number;
}

export interface UploadProgress {
  importId: number;
  sentBytes: number;
}

export const chunkBytes = 2 * 1024 * 1024;

/**
 * Sends a file in chunks and starts its import. With `resume` it goes on where an earlier try broke off, at any server: chunks are
 * safe to repeat.
 */
export async function uploadFile(
  api: Api,
  file: Blob & { name: string },
  target: UploadTarget,
  options: { resume?: UploadProgress; onProgress: (progress: UploadProgress) => void; signal?: AbortSignal },
): Promise<Import> {
  const { onProgress, signal } = options;
  let progress = options.resume;
  if (!progress) {
    const made = await bodyOf(
      api.http.POST('/imports', {
        body: { kind: target.kind, list_id: target.listId, file_name: file.name, size_bytes: file.size },
        signal,
      }),
    );
    progress = { importId: made.id, sentBytes: 0 };
    onProgress(progress);
  }
  const { importId } = progress;
  for (let first = progress.sentBytes; first < file.size; first += chunkBytes) {
    const chunk = file.slice(first, first + chunkBytes);
    await api.http.PUT('/imports/{import_id}/chunks/{first_byte}', {
      params: { path: { import_id: importId, first_byte: first } },
      headers: { 'content-type': 'application/octet-stream' },
      body: chunk as never,
      bodySerializer: (body) => body,
      signal,
    });
    onProgress({ importId, sentBytes: first + chunk.size });
  }
  return bodyOf(api.http.POST('/imports/{import_id}/complete', { params: { path: { import_id: importId } }, signal }));
}
