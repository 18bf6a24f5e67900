import type { Job } from '@everdial/api-client';
import { formatCount, formatRate, JobBadge, Progress, When, type Column } from '@everdial/ui';
import { Link } from '@tanstack/react-router';

export const jobColumns: readonly Column<Job>[] = [
  {
    key: 'job',
    header: 'Job',
    width: '5rem',
    cell: (job) => (
      <Link to="/jobs/$jobId" params={{ jobId: job.id }}>
        Job {job.id}
      </Link>
    ),
  },
  {
    key: 'campaign',
    header: 'Campaign',
    width: 'minmax(10rem, 1fr)',
    cell: (job) => (
      <Link to="/campaigns/$campaignId" params={{ campaignId: job.campaign_id }}>
        {job.campaign_name}
      </Link>
    ),
  },
  { key: 'state', header: 'State', width: '7rem', cell: (job) => <JobBadge state={job.state} /> },
  {
    key: 'progress',
    header: 'Contacts done',
    width: 'minmax(18rem, 2fr)',
    cell: ({ id, progress }) => (
      <Progress label={`Contacts of job ${id} done`} done={progress.done} total={progress.contacts} underway={progress.in_flight} />
    ),
  },
  { key: 'air', header: 'In the air', width: '5.5rem', align: 'right', cell: (job) => formatCount(job.progress.in_flight) },
  { key: 'rate', header: 'Attempts/s', width: '5.5rem', align: 'right', cell: (job) => formatRate(job.progress.attempts_per_s) },
  { key: 'began', header: 'Began', width: '11rem', cell: (job) => <When at={job.started_at ?? job.created_at} /> },
];
