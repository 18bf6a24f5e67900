/** One thing that was wrong with a request; `pointer` is the JSON pointer of the field it is about. */
export interface FieldError {
  pointer: string;
  detail: string;
}

/** The server answered, and its answer was no (RFC 9457). */
export class ApiError extends Error {
  override name = 'ApiError';

  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly errors: readonly FieldError[],
    readonly requestId: string | undefined,
  ) {
    super(detail || title);
  }

  get unauthorised(): boolean {
    return this.status === 401;
  }
}

/** No server answered, though each was tried. */
export class UnreachableError extends Error {
  override name = 'UnreachableError';

  constructor(readonly tried: readonly string[], cause: unknown) {
    super('No server of Everdial can be reached', { cause });
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Reads the body of an error answer; a proxy's HTML page or an empty body still becomes an error that says what happened. */
export async function apiErrorOf(response: Response): Promise<ApiError> {
  const requestId = response.headers.get('x-request-id') ?? undefined;
  const body: unknown = await response.json().catch(() => undefined);
  if (!isObject(body)) return new ApiError(response.status, response.statusText || `HTTP ${response.status}`, '', [], requestId);
  const errors = Array.isArray(body['errors'])
    ? body['errors'].filter(isObject).map((e) => ({ pointer: text(e['pointer']), detail: text(e['detail']) }))
    : [];
  return new ApiError(response.status, text(body['title']) || `HTTP ${response.status}`, text(body['detail']), errors, requestId);
}
