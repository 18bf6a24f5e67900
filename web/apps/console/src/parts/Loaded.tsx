import { EmptyState, ErrorPanel } from '@everdial/ui';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

/** One thing from the server: its error when there is one and nothing older to show, else the thing. */
export function Loaded<T>({ query, children }: { query: UseQueryResult<T>; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <ErrorPanel error={query.error} retry={() => void query.refetch()} />;
  return <EmptyState title="Loading…">This takes a moment.</EmptyState>;
}
