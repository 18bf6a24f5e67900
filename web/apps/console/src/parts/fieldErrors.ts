import { ApiError } from '@everdial/api-client';

/** The server's JSON pointers as paths of a form's fields: "/strategy/ring_timeout_s" -> "strategy.ring_timeout_s". */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {};
  const inBody = error.errors.filter(({ pointer }) => pointer.startsWith('/'));
  return Object.fromEntries(inBody.map(({ pointer, detail }) => [pathOfPointer(pointer), detail]));
}

export function pathOfPointer(pointer: string): string {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.');
}
