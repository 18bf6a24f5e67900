import { bodyOf, type Import, type Reject } from '@everdial/api-client';
import { Confirm, EmptyState, ErrorPanel, formatBytes, formatCount, ImportBadge, Notice, Panel, Progress, When, type Column } from '@everdial/ui';
import { Button, Stack } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api, queryClient } from '../api';
import { DownloadIcon } from '../icons';
import { DropArea } from '../parts/DropArea';
import { Loaded } from '../parts/Loaded';
import { Facts, Page } from '../parts/Page';
import { PagedTable } from '../parts/PagedTable';
import { useMayChange } from '../parts/session';
import { importQuery, rejectsQuery } from '../queries';
import { forgetUpload, startUpload, useUpload } from '../uploads';

const route = getRouteApi('/shell/imports/$importId');
const unfinished = new Set(['uploading', 'collecting', 'queued', 'running']);

const columns: Column<Reject>[] = [
  { key: 'row', header: 'Row', width: '6rem', align: 'right', cell: (reject) => formatCount(reject.row) },
  { key: 'column', header: 'Column', width: '10rem', cell: (reject) => reject.column },
  { key: 'reason', header: 'Reason', width: 'minmax(16rem, 2fr)', cell: (reject) => reject.reason },
  { key: 'value', header: 'Value', width: 'minmax(12rem, 1fr)', cell: (reject) => <code>{reject.value}</code> },
];

export function ImportPage() {
  const { importId } = route.useParams();
  const query = useQuery(importQuery(importId));
  const one = query.data;
  const mayChange = useMayChange();
  const [cancelling, setCancelling] = useState(false);
  const cancel = useMutation({
    mutationFn: () => bodyOf(api.http.POST('/imports/{import_id}/cancel', { params: { path: { import_id: importId } } })),
    onSuccess: (cancelled) => {
      forgetUpload(importId);
      queryClient.setQueryData(['import', importId], cancelled);
      setCancelling(false);
    },
  });
  const actions = (
    <>
      {one && one.rejected > 0 && (
        <Button component="a" href={`/api/v1/imports/${importId}/rejects.csv`} download variant="default" leftSection={<DownloadIcon />}>
          Rejected rows as CSV
        </Button>
      )}
      {one && mayChange && unfinished.has(one.state) && (
        <Button variant="default" onClick={() => setCancelling(true)}>
          Cancel the import
        </Button>
      )}
    </>
  );
  return (
    <Page title={one ? `Import of ${one.file_name}` : `Import ${importId}`} badge={one && <ImportBadge state={one.state} />} actions={actions}>
      <Loaded query={query}>
        {(data) => (
          <>
            <ImportProgress one={data} mayChange={mayChange} />
            <Panel title="Rejected rows" flush>
              <PagedTable
                label="Rejected rows"
                query={rejectsQuery(importId)}
                columns={columns}
                rowKey={(reject) => `${reject.row} ${reject.column}`}
                empty={<EmptyState title="No rejected row">{data.state === 'completed' ? 'Each row was good.' : 'So far each row was good.'}</EmptyState>}
              />
            </Panel>
          </>
        )}
      </Loaded>
      <Confirm
        title="Cancel this import?"
        action="Cancel the import"
        danger
        opened={cancelling}
        busy={cancel.isPending}
        error={cancel.error}
        onConfirm={() => cancel.mutate()}
        onClose={() => setCancelling(false)}
      >
        Rows imported so far stay in the list. The rest of the file is not read.
      </Confirm>
    </Page>
  );
}

function ImportProgress({ one, mayChange }: { one: Import; mayChange: boolean }) {
  const upload = useUpload(one.id);
  const sent = one.state === 'uploading' ? Math.max(one.uploaded_bytes, upload?.progress.sentBytes ?? 0) : one.uploaded_bytes;
  const coming = one.source === 'folder' ? 'Collected from the import folder' : 'Upload';
  return (
    <Panel title="Progress">
      <Stack gap="sm">
        {one.error && <Notice title="The import has failed">{one.error}</Notice>}
        {one.state === 'uploading' && <Resume one={one} mayChange={mayChange} />}
        {one.state === 'collecting' && one.size_bytes === 0 && (
          <p role="status">Waiting for a server that has the import folder (lists.import_folder) within reach.</p>
        )}
        <div>
          {coming}
          <Progress label={coming} done={sent} total={one.size_bytes} format={formatBytes} />
        </div>
        <div>
          Import
          <Progress label="Import" done={one.read_bytes} total={one.size_bytes} format={formatBytes} />
        </div>
        <Facts
          facts={[
            ['Accepted', formatCount(one.accepted)],
            ['Duplicates', formatCount(one.duplicates)],
            ['Rejected', formatCount(one.rejected)],
            ['Begun', <When at={one.created_at} />],
            ['Ended', one.finished_at ? <When at={one.finished_at} /> : '–'],
            [
              'List',
              one.list_id === undefined ? (
                <Link to="/dnc">Do not call</Link>
              ) : (
                <Link to="/lists/$listId" params={{ listId: one.list_id }}>
                  Contact list {one.list_id}
                </Link>
              ),
            ],
          ]}
        />
      </Stack>
    </Panel>
  );
}

/** An upload that broke off goes on from what the server has: by itself when this tab still has the file, else with the file chosen again. */
function Resume({ one, mayChange }: { one: Import; mayChange: boolean }) {
  const upload = useUpload(one.id);
  const [complaint, setComplaint] = useState('');
  const target = { kind: one.kind, listId: one.list_id };
  const goOn = (file: File) => {
    if (file.name !== one.file_name || file.size !== one.size_bytes)
      return setComplaint(`Everdial waits for ${one.file_name} of ${formatCount(one.size_bytes)} bytes.`);
    setComplaint('');
    startUpload(file, target, { importId: one.id, sentBytes: one.uploaded_bytes }).catch(() => undefined);
  };
  if (!mayChange) return null;
  if (upload) return upload.error ? <ErrorPanel error={upload.error} retry={() => goOn(upload.file)} /> : null;
  return (
    <>
      {complaint && <Notice title="This is another file">{complaint}</Notice>}
      <DropArea busy={false} onFile={goOn} hint={`The upload broke off: choose ${one.file_name} again and it goes on where it stopped.`} />
    </>
  );
}
