import { bodyOf, type ContactList, type NewContactList } from '@everdial/api-client';
import { EmptyState, ErrorPanel, formatCount, Panel, When, type Column } from '@everdial/ui';
import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, queryClient } from '../api';
import { PlusIcon } from '../icons';
import { Page } from '../parts/Page';
import { PagedTable } from '../parts/PagedTable';
import { fieldErrors } from '../parts/fieldErrors';
import { useMayChange } from '../parts/session';
import { listsQuery } from '../queries';

const columns: Column<ContactList>[] = [
  {
    key: 'name',
    header: 'Name',
    width: 'minmax(14rem, 2fr)',
    cell: (list) => (
      <Link to="/lists/$listId" params={{ listId: list.id }}>
        {list.name}
      </Link>
    ),
  },
  { key: 'contacts', header: 'Contacts', width: '8rem', align: 'right', cell: (list) => formatCount(list.contacts) },
  { key: 'zone', header: 'Zone', width: '8rem', cell: (list) => list.zone },
  { key: 'region', header: 'Region', width: '5rem', cell: (list) => list.default_region },
  { key: 'time_zone', header: 'Time zone', width: 'minmax(9rem, 1fr)', cell: (list) => list.time_zone },
  { key: 'created_at', header: 'Made', width: '11rem', cell: (list) => <When at={list.created_at} /> },
];

export function ListsPage() {
  const [making, setMaking] = useState(false);
  const mayChange = useMayChange();
  const make = mayChange && (
    <Button leftSection={<PlusIcon />} onClick={() => setMaking(true)}>
      New contact list
    </Button>
  );
  return (
    <Page title="Contact lists" actions={make}>
      <Panel flush>
        <PagedTable
          label="Contact lists"
          query={listsQuery}
          columns={columns}
          rowKey={(list) => list.id}
          empty={
            <EmptyState title="No contact list yet" action={make}>
              A list holds the people to be called. Make one, then import a CSV file into it.
            </EmptyState>
          }
        />
      </Panel>
      <NewList opened={making} onClose={() => setMaking(false)} />
    </Page>
  );
}

function NewList({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const navigate = useNavigate();
  const form = useForm<Required<NewContactList>>({
    initialValues: {
      name: '',
      zone: 'default',
      default_region: 'US',
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC',
    },
  });
  const make = useMutation({
    mutationFn: (body: NewContactList) => bodyOf(api.http.POST('/lists', { body })),
    onSuccess: async (list) => {
      await queryClient.invalidateQueries({ queryKey: ['lists'] });
      onClose();
      await navigate({ to: '/lists/$listId', params: { listId: list.id } });
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  return (
    <Modal opened={opened} onClose={onClose} title="New contact list" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={form.onSubmit((values) => make.mutate(values))}>
        <Stack gap="sm">
          {make.error && <ErrorPanel error={make.error} />}
          <TextInput label="Name" required maxLength={200} data-autofocus {...form.getInputProps('name')} />
          <TextInput
            label="Region of numbers without a country code"
            description="Two letters, as US, GB, DE"
            required
            maxLength={2}
            {...form.getInputProps('default_region')}
            onChange={(event) => form.setFieldValue('default_region', event.currentTarget.value.toUpperCase())}
          />
          <TextInput
            label="Time zone of numbers whose prefix tells none"
            description="As Europe/London. Calling hours are kept in each contact's own zone."
            required
            {...form.getInputProps('time_zone')}
          />
          <TextInput label="Everdial zone" description="Which part of the system dials it" required {...form.getInputProps('zone')} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Not now
            </Button>
            <Button type="submit" loading={make.isPending}>
              Make the list
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
