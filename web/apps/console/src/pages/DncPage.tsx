import { bodyOf, type DncNumber } from '@everdial/api-client';
import { Confirm, EmptyState, ErrorPanel, formatCode, Panel, When, type Column } from '@everdial/ui';
import { Button, Group, Stack, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useDeferredValue, useState } from 'react';
import { api, queryClient } from '../api';
import { DropArea } from '../parts/DropArea';
import { FolderImport } from '../parts/FolderImport';
import { Page } from '../parts/Page';
import { PagedTable } from '../parts/PagedTable';
import { useMayChange } from '../parts/session';
import { dncQuery } from '../queries';
import { startUpload } from '../uploads';

const refresh = () => queryClient.invalidateQueries({ queryKey: ['dnc'] });

export function DncPage() {
  const mayChange = useMayChange();
  const [filter, setFilter] = useState('');
  const [removing, setRemoving] = useState<string>();
  const digits = useDeferredValue(filter).replaceAll(/[^0-9]/g, '').slice(0, 15);
  const remove = useMutation({
    mutationFn: (phone: string) => bodyOf(api.http.DELETE('/dnc/{phone}', { params: { path: { phone } } })),
    onSuccess: async () => {
      await refresh();
      setRemoving(undefined);
    },
  });
  const columns: Column<DncNumber>[] = [
    { key: 'phone', header: 'Number', width: '12rem', cell: (number) => number.phone },
    { key: 'source', header: 'Because of', width: '8rem', cell: (number) => formatCode(number.source) },
    {
      key: 'attempt',
      header: 'Attempt',
      width: 'minmax(8rem, 1fr)',
      cell: (number) =>
        number.attempt ? (
          <Link to="/attempts/$attemptId" params={{ attemptId: number.attempt }}>
            {number.attempt}
          </Link>
        ) : (
          '–'
        ),
    },
    { key: 'added_at', header: 'Since', width: '11rem', cell: (number) => <When at={number.added_at} /> },
    {
      key: 'remove',
      header: <span className="visually-hidden">Actions</span>,
      width: '6rem',
      align: 'right',
      cell: (number) =>
        mayChange && (
          <Button size="compact-xs" variant="default" aria-label={`Remove ${number.phone}`} onClick={() => setRemoving(number.phone)}>
            Remove
          </Button>
        ),
    },
  ];
  return (
    <Page title="Do not call">
      {mayChange && <AddNumbers />}
      <Panel
        title="Numbers"
        flush
        aside={
          <TextInput
            size="xs"
            aria-label="Only numbers that begin with"
            placeholder="Begins with +44…"
            data-filter
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
          />
        }
      >
        <PagedTable
          label="Numbers that must not be called"
          query={dncQuery(digits ? `+${digits}` : undefined)}
          columns={columns}
          rowKey={(number) => number.phone}
          empty={
            digits ? (
              <EmptyState title="No such number">No number on the list begins with +{digits}.</EmptyState>
            ) : (
              <EmptyState title="No number yet">Numbers come here from files, from people who opt out, and from you.</EmptyState>
            )
          }
        />
      </Panel>
      <Confirm
        title={`Remove ${removing ?? ''}?`}
        action="Remove"
        danger
        opened={removing !== undefined}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => removing && remove.mutate(removing)}
        onClose={() => {
          remove.reset();
          setRemoving(undefined);
        }}
      >
        Campaigns may call this number again. Make sure that you are allowed to.
      </Confirm>
    </Page>
  );
}

function AddNumbers() {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const add = useMutation({
    mutationFn: () => bodyOf(api.http.POST('/dnc', { body: { phones: text.split(/[\s,;]+/).filter(Boolean) } })),
    onSuccess: async () => {
      setText('');
      await refresh();
    },
  });
  const upload = useMutation({
    mutationFn: (file: File) => startUpload(file, { kind: 'dnc' }),
    onSuccess: (importId) => navigate({ to: '/imports/$importId', params: { importId } }),
  });
  return (
    <Panel title="Add numbers">
      <Stack gap="sm">
        <Group align="flex-end">
          <Textarea
            flex={1}
            autosize
            minRows={1}
            maxRows={8}
            label="Numbers"
            description="With + and country code; separated by blanks, commas or lines"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Button disabled={!text.trim()} loading={add.isPending} onClick={() => add.mutate()}>
            Add
          </Button>
        </Group>
        <p role="status" style={{ margin: 0, minHeight: '1.25rem', fontSize: '0.8125rem' }}>
          {add.data && `${add.data.added} added, ${add.data.already_there} were there already.`}
        </p>
        {(add.error ?? upload.error) && <ErrorPanel error={add.error ?? upload.error} />}
        <DropArea busy={upload.isPending} onFile={(file) => upload.mutate(file)} hint="One number in each row." />
        <FolderImport into={{ kind: 'dnc' }} />
      </Stack>
    </Panel>
  );
}
