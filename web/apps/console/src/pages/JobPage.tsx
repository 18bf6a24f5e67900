import type { FinishReason, Job } from '@everdial/api-client';
import { BarTable, Chart, CodeBadge, codeTones, formatAge, formatCount, formatRate, JobBadge, Panel, Progress, useNow, When } from '@everdial/ui';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { AttemptsPanel } from '../parts/AttemptsPanel';
import { JobAgentsPanel, JobSummaryPanel } from '../parts/History';
import { ExportButton } from '../parts/ExportButton';
import { JobControls } from '../parts/JobControls';
import { Loaded } from '../parts/Loaded';
import { Facts, Page } from '../parts/Page';
import { useMayChange } from '../parts/session';
import { pacingText } from '../parts/agents';
import { finishText } from '../parts/strategy';
import { jobQuery } from '../queries';
import { useSamples } from '../samples';
import classes from './JobPage.module.css';

const route = getRouteApi('/shell/jobs/$jobId');

export function JobPage() {
  const { jobId } = route.useParams();
  const query = useQuery(jobQuery(jobId));
  const job = query.data;
  const mayChange = useMayChange();
  return (
    <Page
      title={job ? `Job ${job.id} of ${job.campaign_name}` : `Job ${jobId}`}
      badge={job && <JobBadge state={job.state} />}
      actions={
        job &&
        mayChange && (
          <>
            <ExportButton of={{ kind: 'attempts', job_id: jobId }}>Export the attempts</ExportButton>
            <JobControls job={job} />
          </>
        )
      }
    >
      <Loaded query={query}>
        {(data) => (
          <>
            <Overview job={data} />
            <Charts job={data} />
            {data.agents && <JobAgentsPanel jobId={data.id} live={!data.finished_at} />}
            <JobSummaryPanel jobId={data.id} />
            <AttemptsPanel job={data} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

const finishReasons: Record<FinishReason, string> = {
  exhausted: 'all contacts done',
  goal: 'goal reached',
  time: 'time was up',
  stopped: 'stopped by a person',
};

function Overview({ job }: { job: Job }) {
  const now = useNow();
  const { progress } = job;
  const began = Date.parse(job.started_at ?? job.created_at);
  const lasted = (job.finished_at ? Date.parse(job.finished_at) : now) - began;
  return (
    <Panel title="Progress">
      <Progress label="Contacts done" done={progress.done} total={progress.contacts} underway={progress.in_flight} />
      <div className={classes.facts}>
        <Facts
          facts={[
            ['Calls in the air', <strong className={classes.big}>{formatCount(progress.in_flight)}</strong>],
            ['Attempts a second', <strong className={classes.big}>{formatRate(progress.attempts_per_s)}</strong>],
            ['Attempts', <strong className={classes.big}>{formatCount(progress.attempts)}</strong>],
            ['Contacts to go', <strong className={classes.big}>{formatCount(progress.remaining)}</strong>],
          ]}
        />
        <Facts
          facts={[
            [
              'Campaign',
              <Link to="/campaigns/$campaignId" params={{ campaignId: job.campaign_id }}>
                {job.campaign_name}
              </Link>,
            ],
            ['Dialed by', job.owner ? `${job.owner.server ?? 'a server that is gone'}, epoch ${job.epoch ?? '–'}` : 'nobody now'],
            ['Zone', job.zone],
            ...(job.agents ? [['Agents', pacingText(job.agents)] as const] : []),
            ['Began', <When at={job.started_at ?? job.created_at} />],
            [job.finished_at ? 'Lasted' : 'For', formatAge(lasted)],
            job.finish_reason ? ['Ended', finishReasons[job.finish_reason]] : ['Ends', finishText(job.finish)],
          ]}
        />
      </div>
    </Panel>
  );
}

function Charts({ job }: { job: Job }) {
  const samples = useSamples(job.id);
  const rank = Object.keys(codeTones);
  const rows = (counts: Job['results']) =>
    [...counts]
      .sort((a, b) => rank.indexOf(a.code) - rank.indexOf(b.code))
      .map(({ code, count }) => ({ key: code, label: <CodeBadge code={code} />, count }));
  const total = (counts: Job['results']) => counts.reduce((sum, { count }) => sum + count, 0);
  return (
    <div className={classes.charts}>
      <Panel>
        <BarTable caption="Attempts by result" rows={rows(job.results)} total={total(job.results)} empty="No attempt has ended yet." />
      </Panel>
      <Panel>
        <BarTable
          caption="Contacts by final result"
          rows={rows(job.contact_results)}
          total={total(job.contact_results)}
          empty="No contact is finished yet."
        />
      </Panel>
      <Panel>
        <Chart title="Rate" unit="attempts a second" times={samples.times} values={samples.attemptsPerSecond} />
        <Chart title="In the air" unit="calls" times={samples.times} values={samples.inFlight} colour="--ev-series-2" />
      </Panel>
    </div>
  );
}
