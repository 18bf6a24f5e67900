import type { Contact, Import } from '@everdial/api-client';
import { EmptyState, ErrorPanel, formatBytes, formatCount, ImportBadge, Panel, When, type Column } from '@everdial/ui';
import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { queryClient } from '../api';
import { ExportButton } from '../parts/ExportButton';
import { DropArea } from '../parts/DropArea';
import { FolderImport } from '../parts/FolderImport';
import { Loaded } from '../parts/Loaded';
import { Facts, Page } from '../parts/Page';
import { PagedTable } from '../parts/PagedTable';
import { useMayChange } from '../parts/session';
import { contactsQuery, importsQuery, listQuery } from '../queries';
import { startUpload } from '../uploads';

const route = getRouteApi('/shell/lists/$listId');

const importColumns: Column<Import>[] = [
  {
    key: 'file',
    header: 'File',
    width: 'minmax(12rem, 2fr)',
    cell: (one) => (
      <Link to="/imports/$importId" params={{ importId: one.id }}>
        {one.file_name}
      </Link>
    ),
  },
  { key: 'state', header: 'State', width: '8rem', cell: (one) => <ImportBadge state={one.state} /> },
  { key: 'size', header: 'Size', width: '6rem', align: 'right', cell: (one) => formatBytes(one.size_bytes) },
  { key: 'accepted', header: 'Accepted', width: '7rem', align: 'right', cell: (one) => formatCount(one.accepted) },
  { key: 'duplicates', header: 'Duplicates', width: '7rem', align: 'right', cell: (one) => formatCount(one.duplicates) },
  { key: 'rejected', header: 'Rejected', width: '7rem', align: 'right', cell: (one) => formatCount(one.rejected) },
  { key: 'created_at', header: 'Begun', width: '11rem', cell: (one) => <When at={one.created_at} /> },
];

const contactColumns: Column<Contact>[] = [
  { key: 'phone', header: 'Number', width: '10rem', cell: (contact) => contact.phone },
  { key: 'ref', header: 'Reference', width: '10rem', cell: (contact) => contact.ref ?? '–' },
  { key: 'time_zone', header: 'Time zone', width: '12rem', cell: (contact) => contact.time_zone },
  {
    key: 'attributes',
    header: 'Attributes',
    width: 'minmax(16rem, 1fr)',
    cell: (contact) =>
      Object.entries(contact.attributes)
        .map(([name, value]) => `${name}: ${value}`)
        .join(', '),
  },
  { key: 'row', header: 'Import, row', width: '8rem', align: 'right', cell: (contact) => `${contact.import_id}, ${contact.import_row}` },
];

export function ListPage() {
  const { listId } = route.useParams();
  const list = useQuery(listQuery(listId));
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const upload = useMutation({
    mutationFn: (file: File) => startUpload(file, { kind: 'contacts', listId }),
    onSuccess: async (importId) => {
      void queryClient.invalidateQueries({ queryKey: ['imports', listId] });
      await navigate({ to: '/imports/$importId', params: { importId } });
    },
  });
  const campaign = mayChange && (
    <>
      <ExportButton of={{ kind: 'contacts', list_id: listId }}>Export the contacts</ExportButton>
      <Button variant="default" onClick={() => void navigate({ to: '/campaigns/new', search: { list: listId } })}>
        New campaign with this list
      </Button>
    </>
  );
  return (
    <Page title={list.data?.name ?? `Contact list ${listId}`} actions={campaign}>
      <Loaded query={list}>
        {(data) => (
          <>
            <Facts
              facts={[
                ['Contacts', formatCount(data.contacts)],
                ['Zone', data.zone],
                ['Region', data.default_region],
                ['Time zone', data.time_zone],
                ['Made', <When at={data.created_at} />],
              ]}
            />
            {upload.error && <ErrorPanel error={upload.error} />}
            {mayChange && (
              <>
                <DropArea
                  busy={upload.isPending}
                  onFile={(file) => upload.mutate(file)}
                  hint="UTF-8 with a header row; separators and quotes are found out. Numbers become E.164; each rejected row is shown with its reason."
                />
                <FolderImport into={{ kind: 'contacts', list_id: listId }} />
              </>
            )}
            <Panel title="Imports" flush>
              <PagedTable
                label="Imports"
                query={importsQuery(listId)}
                columns={importColumns}
                rowKey={(one) => one.id}
                maxHeight="20rem"
                empty={<EmptyState title="Nothing imported yet">Drop a CSV file above.</EmptyState>}
              />
            </Panel>
            <Panel title="Contacts" flush>
              <PagedTable
                label="Contacts"
                query={contactsQuery(listId)}
                columns={contactColumns}
                rowKey={(contact) => contact.id}
                empty={<EmptyState title="No contact yet">They appear here as the import goes on.</EmptyState>}
              />
            </Panel>
          </>
        )}
      </Loaded>
    </Page>
  );
}
