import { ApiError, UnreachableError } from '@everdial/api-client';
import { Button } from '@mantine/core';
import classes from './Panels.module.css';

/** What was wrong, where, and what to do: the three things a person needs, in that order. */
export function explain(error: unknown): { what: string; detail: string; todo: string } {
  if (error instanceof UnreachableError)
    return {
      what: 'Everdial cannot be reached',
      detail: 'No server answered. Dialing does not depend on this page: jobs go on.',
      todo: 'Check your network, then try again. Nothing was done twice.',
    };
  if (!(error instanceof ApiError))
    return {
      what: 'This page has failed',
      detail: error instanceof Error ? error.message : String(error),
      todo: 'Reload the page. If it happens again, tell your administrator what you did.',
    };
  return { what: error.title, detail: error.detail, todo: todoOf(error.status) };
}

function todoOf(status: number): string {
  if (status === 401) return 'Log in again.';
  if (status === 403) return 'Ask an administrator for a role that may do this.';
  if (status === 404) return 'It may have been removed: go back to the list.';
  if (status === 409) return 'It has changed meanwhile: look at its state, then decide again.';
  if (status === 413) return 'Send less at once.';
  if (status === 429) return 'Wait a moment, then try again.';
  if (status < 500) return 'Correct it and try again.';
  return 'Try again in a moment. If it stays, look at the status page or the log with the request id.';
}

export function ErrorPanel({ error, retry }: { error: unknown; retry?: () => void }) {
  const { what, detail, todo } = explain(error);
  const api = error instanceof ApiError ? error : undefined;
  return (
    <div role="alert" className={classes.error}>
      <p className={classes.what}>{what}</p>
      {detail && <p>{detail}</p>}
      {api && api.errors.length > 0 && (
        <ul>
          {api.errors.map((e) => (
            <li key={e.pointer + e.detail}>
              <code>{e.pointer}</code> {e.detail}
            </li>
          ))}
        </ul>
      )}
      <p>{todo}</p>
      {api?.requestId && (
        <p className={classes.small}>
          Request <code>{api.requestId}</code>
        </p>
      )}
      {retry && (
        <Button size="xs" variant="default" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}
