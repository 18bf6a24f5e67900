import { bodyOf, type Agent, type AgentOrder, type AgentOrderState, type NewAgentOrder } from '@everdial/api-client';
import { Confirm, EmptyState, formatCode, StateBadge, When, type Column, type Tone } from '@everdial/ui';
import { Button, Group, NativeSelect, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, queryClient } from '../api';
import { agentJobsQuery, agentOrdersQuery } from '../queries';
import { PagedTable } from './PagedTable';
import { useMayChange } from './session';

interface Action {
  label: string;
  consequence: string;
  danger?: boolean;
  wanted: Omit<NewAgentOrder, 'agents'>;
}

const actions = {
  move: {
    label: 'Move to a job',
    consequence: 'Whoever is with a contact moves after the call and its work.',
    wanted: { order: 'move_to_job' },
  },
  leave: {
    label: 'Release from the job',
    consequence: 'They are not ready and work for none; whoever is with a contact, after the call and its work.',
    wanted: { order: 'move_to_job' },
  },
  release: {
    label: 'End the call',
    consequence: 'The contact is hung up on, and the work after the call begins.',
    danger: true,
    wanted: { order: 'release' },
  },
  ready: { label: 'Ready', consequence: 'They are given work.', wanted: { order: 'force_state', agent_state: 'ready' } },
  not_ready: {
    label: 'Not ready',
    consequence: 'They are given no more work; a call goes on.',
    wanted: { order: 'force_state', agent_state: 'not_ready' },
  },
  log_out: {
    label: 'Log out',
    consequence: 'At once: a call of theirs ends.',
    danger: true,
    wanted: { order: 'force_state', agent_state: 'logged_out' },
  },
} satisfies Record<string, Action>;
type ActionName = keyof typeof actions;

/** What a supervisor may ask of the agents that are chosen. */
export function AgentActions({ chosen }: { chosen: readonly Agent[] }) {
  const [asking, setAsking] = useState<ActionName>();
  return (
    <Group gap="xs" p="xs">
      <Text size="sm" aria-live="polite">
        {chosen.length === 0 ? 'Choose agents to move, release or force them.' : `${chosen.length} chosen`}
      </Text>
      {(Object.keys(actions) as ActionName[]).map((name) => (
        <Button key={name} size="compact-sm" variant="default" disabled={chosen.length === 0} onClick={() => setAsking(name)}>
          {`${actions[name].label}…`}
        </Button>
      ))}
      <Text size="xs" c="dimmed">
        To listen, whisper or join in, log on to the agent desktop as an agent who may, with your line up.
      </Text>
      {asking && <AskDialog name={asking} chosen={chosen} onClose={() => setAsking(undefined)} />}
    </Group>
  );
}

function AskDialog({ name, chosen, onClose }: { name: ActionName; chosen: readonly Agent[]; onClose: () => void }) {
  // As they were chosen: what they do goes on changing, whom it is about does not.
  const [agents] = useState(chosen);
  const [job, setJob] = useState('');
  const [reason, setReason] = useState('');
  const { label, consequence, danger, wanted }: Action = actions[name];
  const gives = wanted.order === 'force_state' && wanted.agent_state !== 'ready';
  const send = useMutation({
    mutationFn: () =>
      bodyOf(
        api.http.POST('/agent-orders', {
          body: {
            ...wanted,
            agents: agents.map(({ id }) => id),
            ...(name === 'move' && { job_id: Number(job) }),
            ...(gives && reason && { reason }),
          },
        }),
      ),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['agents'] });
      onClose();
    },
  });
  return (
    <Confirm title={`${label}?`} action={label} danger={danger} disabled={name === 'move' && !job} opened busy={send.isPending} error={send.error} onConfirm={() => send.mutate()} onClose={onClose}>
      <p>{`${agents.map(({ login }) => login).join(', ')}. ${consequence}`}</p>
      {name === 'move' && <JobChoice zones={agents.map(({ zone }) => zone)} value={job} onChange={setJob} />}
      {gives && (
        <TextInput label="Reason" description="Told to the agent" maxLength={100} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
      )}
    </Confirm>
  );
}

/** Jobs that take agents now, of the zones that the chosen agents are in. */
function JobChoice({ zones, value, onChange }: { zones: readonly string[]; value: string; onChange: (job: string) => void }) {
  const jobs = useQuery(agentJobsQuery).data?.filter((job) => zones.includes(job.zone)) ?? [];
  return (
    <NativeSelect
      label="Job"
      data={[
        { value: '', label: jobs.length === 0 ? 'No job of this zone takes agents now' : 'Choose one' },
        ...jobs.map(({ id, campaign_name, zone }) => ({ value: String(id), label: `${campaign_name}, job ${id}, zone ${zone}` })),
      ]}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

const tones: Record<AgentOrderState, Tone> = { pending: 'busy', done: 'good', refused: 'bad', expired: 'warn', withdrawn: 'warn' };

function whatIsAsked({ order, job_id, agent_state, reason }: AgentOrder): string {
  if (order === 'release') return 'End the call';
  if (order === 'move_to_job') return job_id ? `To job ${job_id}` : 'Release from the job';
  return `${formatCode(agent_state ?? '')}${reason ? `: ${reason}` : ''}`;
}

const columns: readonly Column<AgentOrder>[] = [
  { key: 'agent', header: 'Agent', width: '8rem', cell: ({ login }) => login },
  { key: 'asked', header: 'Asked for', width: 'minmax(9rem, 1fr)', cell: whatIsAsked },
  { key: 'state', header: 'Outcome', width: '7rem', cell: ({ state }) => <StateBadge tone={tones[state]}>{state}</StateBadge> },
  { key: 'detail', header: 'Because of', width: 'minmax(10rem, 2fr)', cell: ({ detail }) => detail ?? '–' },
  { key: 'by', header: 'Asked by', width: '8rem', cell: ({ asked_by }) => asked_by },
  { key: 'at', header: 'When', width: '10rem', cell: ({ asked_at }) => <When at={asked_at} /> },
];

const withdrawColumn: Column<AgentOrder> = {
  key: 'withdraw',
  header: <span className="visually-hidden">Actions</span>,
  width: '6rem',
  align: 'right',
  cell: (order) => order.state === 'pending' && <Withdraw order={order} />,
};

function Withdraw({ order: { id, login, withdrawn_by } }: { order: AgentOrder }) {
  const withdraw = useMutation({
    mutationFn: () => bodyOf(api.http.DELETE('/agent-orders/{order_id}', { params: { path: { order_id: id } } })),
    // Also when it has ended meanwhile: then that is to be seen.
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['agents', 'orders'] }),
  });
  const label = withdrawn_by === undefined ? 'Withdraw' : 'Withdrawn';
  return (
    <Button size="compact-xs" variant="default" aria-label={`${label} what was asked of ${login}`} disabled={withdrawn_by !== undefined} loading={withdraw.isPending} onClick={() => withdraw.mutate()}>
      {label}
    </Button>
  );
}

/** What supervisors have asked for, newest first, and what became of it. */
export const AgentOrders = () => (
  <PagedTable
    label="Supervisors' orders"
    query={agentOrdersQuery}
    columns={useMayChange() ? [...columns, withdrawColumn] : columns}
    rowKey={({ id }) => id}
    maxHeight="20rem"
    empty={<EmptyState title="Nothing asked yet">What supervisors ask of agents stands here until it is done, and after that.</EmptyState>}
  />
);
