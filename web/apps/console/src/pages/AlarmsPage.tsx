import { EmptyState, ErrorPanel, Panel } from '@everdial/ui';
import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { AlarmItem } from '../parts/Alarms';
import classes from '../parts/Alarms.module.css';
import { Page } from '../parts/Page';
import { alarmsQuery } from '../queries';

/** All of late, newest first; those that are open stand in the bell, too. */
export function AlarmsPage() {
  const { data, error, isPending, isFetchingNextPage, hasNextPage, fetchNextPage, refetch } = useInfiniteQuery(alarmsQuery);
  const alarms = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page title="Alarms">
      <Panel title="Of late, newest first">
        {error && <ErrorPanel error={error} retry={() => void refetch()} />}
        {isPending && <EmptyState title="Loading…">This takes a moment.</EmptyState>}
        {data && alarms.length === 0 && <EmptyState title="No alarm yet">Nothing was wrong so far.</EmptyState>}
        <ul className={classes.list} aria-label="Alarms">
          {alarms.map((alarm) => (
            <AlarmItem key={alarm.id} alarm={alarm} />
          ))}
        </ul>
        {hasNextPage && (
          <Button mt="sm" size="xs" variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Older ones
          </Button>
        )}
      </Panel>
    </Page>
  );
}
