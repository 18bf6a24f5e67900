import { bodyOf, type NewImport } from '@everdial/api-client';
import { ErrorPanel } from '@everdial/ui';
import { Button, Group, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, queryClient } from '../api';
import { fieldErrors } from './fieldErrors';

/** Imports a file that lies in the servers' import folder, and goes to where it is seen. */
export function FolderImport({ into }: { into: Pick<NewImport, 'kind' | 'list_id'> }) {
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const make = useMutation({
    mutationFn: () => bodyOf(api.http.POST('/imports', { body: { ...into, source: 'folder', file_name: name.trim() } })),
    onSuccess: async (made) => {
      void queryClient.invalidateQueries({ queryKey: ['imports'] });
      await navigate({ to: '/imports/$importId', params: { importId: made.id } });
    },
  });
  const { file_name: complaint } = fieldErrors(make.error);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      {make.error && !complaint && <ErrorPanel error={make.error} />}
      <Group align="flex-end" gap="sm">
        <TextInput
          label="Or a file in the servers' import folder"
          description="Its name; it is not uploaded"
          placeholder="people.csv"
          w="22rem"
          maxLength={200}
          value={name}
          error={complaint}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={make.isPending} disabled={!name.trim()}>
          Import it
        </Button>
      </Group>
    </form>
  );
}
