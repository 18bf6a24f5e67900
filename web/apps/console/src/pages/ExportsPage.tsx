import { bodyOf, type Export } from '@everdial/api-client';
import { EmptyState, ErrorPanel, formatBytes, formatCount, Panel, Progress, StateBadge, When, type Column } from '@everdial/ui';
import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { api, queryClient } from '../api';
import { Page } from '../parts/Page';
import { PagedTable } from '../parts/PagedTable';
import { useMayChange } from '../parts/session';
import { exportsQuery } from '../queries';

const tones = { queued: 'idle', running: 'busy', completed: 'good', failed: 'bad', cancelled: 'warn' } as const;

function columns(mayChange: boolean, cancel: (id: number) => void): Column<Export>[] {
  return [
    { key: 'of', header: 'Of', width: 'minmax(12rem, 1fr)', cell: (one) => one.name },
    { key: 'kind', header: 'What', width: '6rem', cell: (one) => one.kind },
    { key: 'state', header: 'State', width: '7rem', cell: (one) => <StateBadge tone={tones[one.state]}>{one.state}</StateBadge> },
    {
      key: 'rows',
      header: 'Rows',
      width: 'minmax(14rem, 1fr)',
      cell: (one) =>
        one.state === 'running' ? (
          <Progress label={`Rows of export ${one.id}`} done={one.rows} total={one.total_rows ?? 0} />
        ) : (
          (one.error ?? formatCount(one.rows))
        ),
    },
    { key: 'size', header: 'Size', width: '6rem', align: 'right', cell: (one) => formatBytes(one.size_bytes) },
    { key: 'as_of', header: 'As of', width: '11rem', cell: (one) => <When at={one.as_of} /> },
    {
      key: 'file',
      header: 'File',
      width: '8rem',
      cell: (one) => {
        if (!mayChange) return '–';
        if (one.state === 'completed') return <a href={`/api/v1/exports/${one.id}/file.csv`}>Download {one.id}</a>;
        if (one.state !== 'queued' && one.state !== 'running') return '–';
        return (
          <Button size="compact-xs" variant="subtle" aria-label={`Cancel export ${one.id}`} onClick={() => cancel(one.id)}>
            Cancel
          </Button>
        );
      },
    },
  ];
}

export function ExportsPage() {
  const cancel = useMutation({
    mutationFn: (export_id: number) => bodyOf(api.http.POST('/exports/{export_id}/cancel', { params: { path: { export_id } } })),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['exports'] }),
  });
  return (
    <Page title="Exports">
      {cancel.error && <ErrorPanel error={cancel.error} />}
      <Panel flush>
        <PagedTable
          label="Exports"
          query={exportsQuery}
          columns={columns(useMayChange(), cancel.mutate)}
          rowKey={(one) => one.id}
          empty={<EmptyState title="Nothing exported yet">A contact list and a job each have a button for it; a schedule can do it, too.</EmptyState>}
        />
      </Panel>
    </Page>
  );
}
