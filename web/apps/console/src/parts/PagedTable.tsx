import { DataTable, ErrorPanel, type Column } from '@everdial/ui';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo, type ReactNode } from 'react';
import type { PagedQuery } from '../queries';

export interface PagedTableProps<Row> {
  label: string;
  query: PagedQuery<Row>;
  columns: readonly Column<Row>[];
  rowKey: (row: Row) => string | number;
  empty: ReactNode;
  maxHeight?: string;
}

/** A table over the server's cursor pages: the next page is fetched when the end of the present one comes into sight. */
export function PagedTable<Row>({ query, ...table }: PagedTableProps<Row>) {
  const { data, error, isPending, isFetchingNextPage, hasNextPage, fetchNextPage, refetch } = useInfiniteQuery(query);
  const rows = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const more = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  return (
    <>
      {error && <ErrorPanel error={error} retry={() => void refetch()} />}
      {!(error && rows.length === 0) && (
        <DataTable {...table} rows={rows} loading={isPending || isFetchingNextPage} onEndNear={hasNextPage ? more : undefined} />
      )}
    </>
  );
}
