import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { PagedQuery } from '../queries';

/** All named things of a list, for a field that one is chosen in. */
export function useChoices<Row extends { id: number; name: string }>(query: PagedQuery<Row>): { value: string; label: string }[] {
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(query);
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return data?.pages.flatMap((page) => page.items.map(({ id, name }) => ({ value: String(id), label: name }))) ?? [];
}
