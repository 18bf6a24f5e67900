import { useSyncExternalStore } from 'react';
import { api } from './api';
import { uploadFile, type UploadProgress, type UploadTarget } from './upload';

export interface Upload {
  file: File;
  target: UploadTarget;
  progress: UploadProgress;
  /** Why it has stopped; it can be resumed. */
  error?: unknown;
}

/** Uploads of this browser tab, by import. They go on while the person looks at other pages. */
const uploads = new Map<number, Upload>();
const listeners = new Set<() => void>();

function put(importId: number, upload: Upload | undefined): void {
  if (upload) uploads.set(importId, upload);
  else uploads.delete(importId);
  listeners.forEach((listener) => listener());
}

window.addEventListener('beforeunload', (event) => {
  if ([...uploads.values()].some((upload) => !upload.error)) event.preventDefault();
});

/** Begins or resumes an upload; resolves with the import's id once there is one, while the file goes on being sent. */
export function startUpload(file: File, target: UploadTarget, resume?: UploadProgress): Promise<number> {
  return new Promise((resolve, reject) => {
    let progress = resume;
    if (progress) put(progress.importId, { file, target, progress });
    uploadFile(api, file, target, {
      resume,
      onProgress: (next) => {
        progress = next;
        put(next.importId, { file, target, progress: next });
        resolve(next.importId);
      },
    }).then(
      (done) => put(done.id, undefined),
      (error: unknown) => {
        if (progress) put(progress.importId, { file, target, progress, error });
        reject(error);
      },
    );
    if (progress) resolve(progress.importId);
  });
}

export function forgetUpload(importId: number): void {
  put(importId, undefined);
}

export function useUpload(importId: number): Upload | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => uploads.get(importId),
  );
}
