import type { components, InboundQueue } from '@everdial/api-client';
import { Age, EmptyState, StateBadge, type Column, type Tone } from '@everdial/ui';
import { inboundQueuesQuery } from '../queries';
import { PagedTable } from './PagedTable';

type Need = InboundQueue['need'];
const needs: Record<Need, { text: string; tone: Tone }> = {
  unknown: { text: 'not known', tone: 'warn' },
  fewer: { text: 'fewer agents', tone: 'good' },
  same: { text: 'as it is', tone: 'good' },
  more: { text: 'more agents', tone: 'busy' },
};

type Limits = components['schemas']['BlendLimits'];
/** "7 (5 / 1)": as it is, its limit and the way back. */
const figure = (value: number | undefined, limits: Limits | undefined, unit = ''): string =>
  limits || value !== undefined ? `${value ?? '?'}${unit}${limits ? ` (${limits.limit} / ${limits.back})` : ''}` : '–';

const columns: readonly Column<InboundQueue>[] = [
  { key: 'zone', header: 'Zone', width: '7rem', cell: ({ zone }) => zone },
  { key: 'queue', header: 'Queue', width: 'minmax(7rem, 1fr)', cell: ({ name, settings }) => (settings.skill ? `${name}, ${settings.skill}` : name) },
  { key: 'need', header: 'Needs', width: '8rem', cell: ({ need }) => <StateBadge tone={needs[need].tone}>{needs[need].text}</StateBadge> },
  {
    key: 'agents',
    header: 'Agents',
    width: '9rem',
    align: 'right',
    cell: ({ agents, agents_coming, settings }) =>
      `${agents}${agents_coming > 0 ? ` + ${agents_coming} after a call` : ''} of ${settings.agents_most ?? '?'}`,
  },
  { key: 'length', header: 'Length (limit / back)', width: '10rem', align: 'right', cell: ({ figures, settings }) => figure(figures?.length, settings.length) },
  {
    key: 'wait',
    header: 'Wait (limit / back)',
    width: '10rem',
    align: 'right',
    cell: ({ figures, settings }) => figure(figures?.expected_wait_s, settings.expected_wait_s, ' s'),
  },
  {
    key: 'level',
    header: 'Level (limit / back)',
    width: '10rem',
    align: 'right',
    cell: ({ figures, settings }) => figure(figures?.service_level, settings.service_level, ' %'),
  },
  { key: 'told', header: 'Told', width: '5rem', align: 'right', cell: ({ figures }) => (figures ? <Age since={figures.at} /> : 'never') },
];

/** Queues of an outside contact center, and how many agents blending has lent them. */
export const InboundQueues = () => (
  <PagedTable
    label="Inbound queues"
    query={inboundQueuesQuery}
    columns={columns}
    rowKey={({ id }) => id}
    maxHeight="20rem"
    empty={
      <EmptyState title="No inbound queue">
        Agents are moved to queues of an outside contact center when these are long: make one by everdialctl inbound create or by the API.
      </EmptyState>
    }
  />
);
