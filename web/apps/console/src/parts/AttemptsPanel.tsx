import type { Attempt, AttemptState, CompletionCode, Job } from '@everdial/api-client';
import { AttemptBadge, CodeBadge, codeTones, EmptyState, formatCode, formatDuration, formatTime, Panel, type Column } from '@everdial/ui';
import { Group, NativeSelect, TextInput } from '@mantine/core';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { attemptsQuery, type AttemptFilter } from '../queries';
import { PagedTable } from './PagedTable';

const route = getRouteApi('/shell/jobs/$jobId');

/** How long it lasted from one moment to another, when both have come. */
const between = (from: string | undefined, to: string | undefined): string =>
  from && to ? formatDuration(Date.parse(to) - Date.parse(from)) : '–';

const columns: readonly Column<Attempt>[] = [
  {
    key: 'id',
    header: 'Attempt',
    width: '9rem',
    cell: (attempt) => (
      <Link to="/attempts/$attemptId" params={{ attemptId: attempt.id }}>
        {attempt.id}
      </Link>
    ),
  },
  { key: 'phone', header: 'Number', width: '9rem', cell: (attempt) => attempt.phone },
  {
    key: 'result',
    header: 'Result',
    width: '10rem',
    cell: (attempt) => (attempt.code ? <CodeBadge code={attempt.code} /> : <AttemptBadge state={attempt.state} />),
  },
  { key: 'sip', header: 'SIP', width: '3rem', align: 'right', cell: (attempt) => attempt.sip_status || '–' },
  { key: 'at', header: 'Intent', width: '7rem', cell: (attempt) => <time dateTime={attempt.intent_at}>{formatTime(attempt.intent_at)}</time> },
  {
    key: 'ringing',
    header: 'Rang',
    width: '6rem',
    align: 'right',
    cell: (attempt) => between(attempt.ringing_at, attempt.answered_at ?? attempt.ended_at),
  },
  { key: 'talk', header: 'Answered for', width: '7rem', align: 'right', cell: (attempt) => between(attempt.answered_at, attempt.ended_at) },
  { key: 'mpp', header: 'MPP', width: 'minmax(7rem, 1fr)', cell: (attempt) => attempt.mpp ?? '–' },
  { key: 'trunk', header: 'Trunk', width: 'minmax(6rem, 1fr)', cell: (attempt) => attempt.trunk ?? '–' },
  { key: 'epoch', header: 'Epoch', width: '4rem', align: 'right', cell: (attempt) => attempt.intent_epoch },
];

const states: Record<AttemptState, string> = { intent: 'In the air', done: 'Done', aborted: 'Aborted', unknown: 'Unknown' };
const finished = (job: Job) => job.state === 'completed' || job.state === 'stopped';

export function AttemptsPanel({ job }: { job: Job }) {
  const filter = route.useSearch();
  const filtered = Object.keys(filter).length > 0;
  return (
    <Panel title="Attempts" flush aside={<Filter filter={filter} />}>
      <PagedTable
        label="Attempts"
        query={{
          ...attemptsQuery(job.id, filter),
          // Again every few seconds while there is something new to see, as long as that is only a page or two.
          refetchInterval: (query) => !finished(job) && (query.state.data?.pages.length ?? 0) <= 2 && 3000,
        }}
        columns={columns}
        rowKey={(attempt) => attempt.id}
        empty={
          filtered ? (
            <EmptyState title="No such attempt">No attempt of this job fits the filter.</EmptyState>
          ) : (
            <EmptyState title="No attempt yet">The first appear as soon as the job is running.</EmptyState>
          )
        }
      />
    </Panel>
  );
}

function Filter({ filter }: { filter: AttemptFilter }) {
  const navigate = useNavigate({ from: '/jobs/$jobId' });
  const [phone, setPhone] = useState(filter.phone ?? '');
  useEffect(() => setPhone(filter.phone ?? ''), [filter.phone]);
  const digits = phone.replaceAll(/[^0-9]/g, '');
  const wrong = phone !== '' && !/^[0-9]{7,15}$/.test(digits);
  const change = (part: AttemptFilter) =>
    void navigate({ search: (old) => Object.fromEntries(Object.entries({ ...old, ...part }).filter(([, value]) => value)), replace: true });
  return (
    <Group gap="xs">
      <NativeSelect
        size="xs"
        aria-label="Only attempts in this state"
        data-filter
        data={[{ value: '', label: 'Any state' }, ...Object.entries(states).map(([value, label]) => ({ value, label }))]}
        value={filter.state ?? ''}
        onChange={(event) => change({ state: (event.currentTarget.value || undefined) as AttemptState | undefined })}
      />
      <NativeSelect
        size="xs"
        aria-label="Only attempts with this result"
        data={[{ value: '', label: 'Any result' }, ...Object.keys(codeTones).map((code) => ({ value: code, label: formatCode(code) }))]}
        value={filter.code ?? ''}
        onChange={(event) => change({ code: (event.currentTarget.value || undefined) as CompletionCode | undefined })}
      />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!wrong) change({ phone: digits ? `+${digits}` : undefined });
        }}
      >
        <TextInput
          size="xs"
          aria-label="Only this number"
          placeholder="+15550100, then Enter"
          error={wrong}
          value={phone}
          onChange={(event) => {
            setPhone(event.currentTarget.value);
            if (!event.currentTarget.value) change({ phone: undefined });
          }}
        />
      </form>
    </Group>
  );
}
