import { bodyOf, type Job, type JobRequestKind } from '@everdial/api-client';
import { Confirm, StateBadge } from '@everdial/ui';
import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api, queryClient } from '../api';
import { PauseIcon, PlayIcon, StopIcon } from '../icons';

const requests = {
  pause: {
    action: 'Pause',
    Icon: PauseIcon,
    consequence: 'No new call is placed. Calls in the air go on to their end, and you can resume at any time.',
  },
  resume: { action: 'Resume', Icon: PlayIcon, consequence: 'Dialing goes on with the contacts that are left.' },
  stop: {
    action: 'Stop',
    Icon: StopIcon,
    consequence: 'No new call is placed, now or later: contacts not yet reached end as stopped. This cannot be undone.',
  },
} as const;

/** What can be asked of a job in its state. */
export function possibleRequests(job: Pick<Job, 'state'>): JobRequestKind[] {
  switch (job.state) {
    case 'queued':
    case 'filtering':
    case 'running':
      return ['pause', 'stop'];
    case 'pausing':
    case 'paused':
      return ['resume', 'stop'];
    case 'stopping':
    case 'stopped':
    case 'completed':
      return [];
  }
}

export function JobControls({ job }: { job: Job }) {
  const [asking, setAsking] = useState<JobRequestKind>();
  const send = useMutation({
    mutationFn: (request: JobRequestKind) =>
      bodyOf(api.http.POST('/jobs/{job_id}/requests', { params: { path: { job_id: job.id } }, body: { request } })),
    onSuccess: (kept) => {
      queryClient.setQueryData(['job', job.id], kept);
      setAsking(undefined);
    },
  });
  const wanted = asking && requests[asking];
  return (
    <>
      {job.requested && <StateBadge tone="warn">{`${job.requested} asked, waiting for the director`}</StateBadge>}
      {possibleRequests(job).map((request) => {
        const { action, Icon } = requests[request];
        return (
          <Button key={request} variant="default" leftSection={<Icon />} onClick={() => setAsking(request)}>
            {action}
          </Button>
        );
      })}
      <Confirm
        title={`${wanted?.action ?? ''} job ${job.id}?`}
        action={wanted?.action ?? ''}
        danger={asking === 'stop'}
        opened={asking !== undefined}
        busy={send.isPending}
        error={send.error}
        onConfirm={() => asking && send.mutate(asking)}
        onClose={() => {
          send.reset();
          setAsking(undefined);
        }}
      >
        {wanted?.consequence}
      </Confirm>
    </>
  );
}
