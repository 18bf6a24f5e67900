import { bodyOf, type ComponentAction, type ComponentStatus, type Status } from '@everdial/api-client';
import { Confirm } from '@everdial/ui';
import { ActionIcon, Menu } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, queryClient } from '../api';
import { MoreIcon } from '../icons';
import { consequence, possibleActions } from './componentConsequence';

const verbs: Record<ComponentAction, string> = { start: 'Start', stop: 'Stop', restart: 'Restart', kill: 'Kill' };

/** Start, stop, restart and kill of one component on one server, each after a question that says what will happen. */
export function ComponentControls({ status, server, component }: { status: Status; server: string; component: ComponentStatus }) {
  const [asking, setAsking] = useState<ComponentAction>();
  const name = component.component;
  const send = useMutation({
    mutationFn: (action: ComponentAction) =>
      bodyOf(
        api.http.POST('/servers/{server}/components/{component}/orders', { params: { path: { server, component: name } }, body: { action } }),
      ),
    onSuccess: async () => {
      setAsking(undefined);
      await queryClient.invalidateQueries({ queryKey: ['status'] });
      await queryClient.invalidateQueries({ queryKey: ['component orders'] });
    },
  });
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Actions for ${name} on ${server}`}>
            <MoreIcon />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {possibleActions(component).map((action) => (
            <Menu.Item key={action} onClick={() => setAsking(action)}>
              {verbs[action]}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Confirm
        title={`${asking ? verbs[asking] : ''} ${name} on ${server}?`}
        action={asking ? verbs[asking] : ''}
        danger={asking === 'kill' || asking === 'stop'}
        opened={asking !== undefined}
        busy={send.isPending}
        error={send.error}
        onConfirm={() => asking && send.mutate(asking)}
        onClose={() => {
          send.reset();
          setAsking(undefined);
        }}
      >
        {asking && consequence(status, server, name, asking)}
      </Confirm>
    </>
  );
}
