import { bodyOf, type Agent } from '@everdial/api-client';
import { ErrorPanel } from '@everdial/ui';
import { Button, Group, Modal, PasswordInput, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, queryClient } from '../api';
import { parseSkills, skillLines } from './agents';
import { fieldErrors } from './fieldErrors';

interface Values {
  login: string;
  name: string;
  zone: string;
  password: string;
  skills: string;
  supervisor: boolean;
}

const fewest = 10;

/** Makes an agent, or changes one. */
export function AgentDialog({ agent, zone, onClose }: { agent: Agent | undefined; zone: string; onClose: () => void }) {
  const [removing, setRemoving] = useState(false);
  const form = useForm<Values>({
    initialValues: {
      login: agent?.login ?? '',
      name: agent?.name ?? '',
      zone: agent?.zone ?? zone,
      password: '',
      skills: skillLines(agent?.skills ?? {}),
      supervisor: agent?.supervisor ?? false,
    },
    validate: {
      login: (login) => (/^[A-Za-z0-9_.@-]+$/.test(login) ? null : 'Letters, digits and _ . @ -'),
      password: (password) => ((agent && !password) || password.length >= fewest ? null : `At least ${fewest} characters`),
      skills: (skills) => (parseSkills(skills) ? null : 'Each line a name and a level from 1 to 10, as Spanish = 7'),
    },
  });
  const done = async () => {
    await queryClient.invalidateQueries({ queryKey: ['agents'] });
    onClose();
  };
  const save = useMutation({
    mutationFn: ({ login, name, zone: its, password, skills: text, supervisor }: Values) => {
      const common = { name, zone: its, skills: parseSkills(text) ?? {}, supervisor };
      return agent
        ? bodyOf(api.http.PUT('/agents/{agent_id}', { params: { path: { agent_id: agent.id } }, body: { ...common, ...(password && { password }) } }))
        : bodyOf(api.http.POST('/agents', { body: { ...common, login, password } }));
    },
    onSuccess: done,
    onError: (error) => form.setErrors(skillsAsOne(fieldErrors(error))),
  });
  const remove = useMutation({
    mutationFn: (agent_id: number) => bodyOf(api.http.DELETE('/agents/{agent_id}', { params: { path: { agent_id } } })),
    onSuccess: done,
  });
  const error = save.error ?? remove.error;
  return (
    <Modal opened onClose={onClose} title={agent ? `Agent ${agent.login}` : 'New agent'} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
        <Stack gap="sm">
          {error && <ErrorPanel error={error} />}
          <TextInput label="Login" required maxLength={100} autoComplete="off" disabled={agent !== undefined} data-autofocus={!agent || undefined} {...form.getInputProps('login')} />
          <TextInput label="Name" description="For people" maxLength={200} data-autofocus={agent ? true : undefined} {...form.getInputProps('name')} />
          <PasswordInput
            label="Password"
            description={agent ? 'Empty: it stays as it is' : 'The agent logs on with it'}
            required={!agent}
            maxLength={1000}
            autoComplete="new-password"
            visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
            {...form.getInputProps('password')}
          />
          <TextInput label="Everdial zone" description="Whose campaigns the agent works for; changed while logged out" required maxLength={100} disabled={agent !== undefined && agent.states.agent !== 'logged_out'} {...form.getInputProps('zone')} />
          <Textarea label="Skills" description="One a line, as Spanish = 7; 1 is little, 10 is all. From the next log-on" autosize minRows={2} maxRows={8} {...form.getInputProps('skills')} />
          <Switch
            label="May move, force and monitor other agents"
            {...form.getInputProps('supervisor', { type: 'checkbox' })}
          />
          <Group justify="space-between">
            {agent ? (
              <Button variant="default" loading={remove.isPending} onClick={() => (removing ? remove.mutate(agent.id) : setRemoving(true))}>
                {removing ? 'Really remove' : 'Remove'}
              </Button>
            ) : (
              <span />
            )}
            <Group>
              <Button variant="default" onClick={onClose}>
                Not now
              </Button>
              <Button type="submit" loading={save.isPending}>
                {agent ? 'Save' : 'Make the agent'}
              </Button>
            </Group>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** What the server says of one skill stands at the field of all. */
const skillsAsOne = (errors: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(errors).map(([path, text]) => [path.startsWith('skills') ? 'skills' : path, text]));
