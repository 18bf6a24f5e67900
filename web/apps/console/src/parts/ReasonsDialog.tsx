import { bodyOf, type AgentZone } from '@everdial/api-client';
import { ErrorPanel } from '@everdial/ui';
import { Button, Group, Modal, Stack, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, queryClient } from '../api';
import { codeLines, parseCodes } from './agents';

/** Why agents of a zone may be not ready. */
export function ReasonsDialog({ zone, onClose }: { zone: AgentZone; onClose: () => void }) {
  const [text, setText] = useState(codeLines(zone.reasons));
  const save = useMutation({
    mutationFn: () =>
      bodyOf(api.http.PUT('/agent-zones/{zone}', { params: { path: { zone: zone.name } }, body: { reasons: parseCodes(text) } })),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['agents'] });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={`Why agents of ${zone.name} may be not ready`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack gap="sm">
        {save.error && <ErrorPanel error={save.error} />}
        <Textarea
          label="Reasons"
          description="One a line, as lunch = Lunch break"
          autosize
          minRows={4}
          maxRows={16}
          data-autofocus
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Not now
          </Button>
          <Button loading={save.isPending} disabled={!text.trim()} onClick={() => save.mutate()}>
            Save
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
