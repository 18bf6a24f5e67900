import type { Bucket } from '@everdial/api-client';
import { Age, BarTable, CodeBadge, formatCode, formatCount, formatDuration, formatPercent, formatShare, Notice, Panel, StateBadge, useNow } from '@everdial/ui';
import { useQuery } from '@tanstack/react-query';
import { jobAgentsQuery, jobSummaryQuery, trendQuery } from '../queries';
import { Loaded } from './Loaded';
import classes from './History.module.css';
import { Facts } from './Page';

const staleAfter = 15_000;

/** Until when results are in a figure; told loudly when that is long ago. */
function AsOf({ at }: { at: string }) {
  const now = useNow();
  const stale = now - Date.parse(at) > staleAfter;
  return (
    <span className={classes.asOf} data-stale={stale || undefined}>
      {stale ? 'stale: ' : ''}as of <Age since={at} /> ago
    </span>
  );
}

export function JobSummaryPanel({ jobId }: { jobId: number }) {
  const query = useQuery(jobSummaryQuery(jobId));
  const summary = query.data;
  return (
    <Panel title="Summary" aside={summary && (summary.complete ? <span>complete</span> : <AsOf at={summary.as_of} />)}>
      <Loaded query={query}>
        {(data) => (
          <>
            <Facts
              facts={[
                ['Attempts', formatCount(data.attempts)],
                ['Answered by a person', formatCount(data.answered)],
                ['Nuisance calls', `${formatCount(data.nuisance)} (${formatPercent(data.nuisance, data.answered)})`],
                ['Talked', formatDuration(data.talk_s * 1000)],
                ['Rang', formatDuration(data.ring_s * 1000)],
              ]}
            />
            <div className={classes.beside}>
              <BarTable
                caption="Talk time by result, in seconds"
                rows={data.by_code
                  .filter(({ talk_s }) => talk_s > 0)
                  .map(({ code, talk_s }) => ({ key: code, label: <CodeBadge code={code} />, count: Math.round(talk_s) }))}
                total={Math.round(data.talk_s)}
                empty="Nobody has talked yet."
              />
              <Buckets caption="Attempts by hour" buckets={data.by_hour} />
            </div>
          </>
        )}
      </Loaded>
    </Panel>
  );
}

/** How agents work for a job, and how near the abandoned share is to its cap. */
export function JobAgentsPanel({ jobId, live }: { jobId: number; live: boolean }) {
  const query = useQuery(jobAgentsQuery(jobId, live));
  return (
    <Panel title="Agents" aside={query.data && <AsOf at={query.data.as_of} />}>
      <Loaded query={query}>
        {({ agents, states, calls, waiting, talked, abandoned, period }) => (
          <>
            <Facts
              facts={[
                ['At work', formatCount(agents)],
                ['Ready', formatCount(states.ready ?? 0)],
                ['Callees who wait', formatCount(waiting)],
                ['Talked', formatCount(talked)],
                ['Abandoned', formatCount(abandoned)],
                [
                  period.days === 1 ? 'Abandoned today' : `Abandoned in ${period.days} days`,
                  <StateBadge tone={period.abandoned > period.most * period.answered ? 'bad' : 'good'}>
                    {period.answered === 0
                      ? `nobody has answered, at most ${formatShare(period.most, 1)}`
                      : `${formatShare(period.abandoned, period.answered)} of ${formatCount(period.answered)}, at most ${formatShare(period.most, 1)}`}
                  </StateBadge>,
                ],
              ]}
            />
            <div className={classes.beside}>
              <BarTable caption="Agents by state" of="State" rows={countRows(states)} total={agents} empty="Nobody works for it now." />
              <BarTable caption="Agents by what their call does" of="Call" rows={countRows(calls)} total={agents} empty="Nobody works for it now." />
            </div>
          </>
        )}
      </Loaded>
    </Panel>
  );
}

const countRows = (counts: Record<string, number>) =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => ({ key: name, label: formatCode(name), count }));

export function TrendPanel({ campaignId }: { campaignId: number }) {
  const query = useQuery(trendQuery(campaignId));
  return (
    <Panel title="Trend" aside={query.data && <AsOf at={query.data.as_of} />}>
      <Loaded query={query}>{({ buckets }) => <Buckets caption="Attempts by day (UTC)" buckets={buckets} byDay />}</Loaded>
    </Panel>
  );
}

const hour = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: '2-digit', month: 'short', year: 'numeric', timeZone: 'UTC' });

/** A bar for each hour or day beside its numbers; the last ones when there are many. */
function Buckets({ caption, buckets, byDay }: { caption: string; buckets: readonly Bucket[]; byDay?: boolean }) {
  const shown = buckets.slice(-31);
  const most = Math.max(1, ...shown.map(({ attempts }) => attempts));
  return (
    <table className={classes.buckets}>
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{byDay ? 'Day' : 'Hour'}</th>
          <th scope="col">Attempts</th>
          <th scope="col">Answered</th>
          <th scope="col">Nuisance</th>
          <td className={classes.plot} />
        </tr>
      </thead>
      <tbody>
        {shown.map(({ at, attempts, answered, nuisance }) => (
          <tr key={at}>
            <th scope="row">{(byDay ? day : hour).format(new Date(at))}</th>
            <td>{formatCount(attempts)}</td>
            <td>{formatCount(answered)}</td>
            <td>{formatPercent(nuisance, answered)}</td>
            <td className={classes.plot}>
              <div className={classes.bar} style={{ width: `${(100 * attempts) / most}%` }}>
                <div className={classes.answered} style={{ width: `${attempts > 0 ? (100 * answered) / attempts : 0}%` }} />
              </div>
            </td>
          </tr>
        ))}
        {shown.length === 0 && (
          <tr>
            <td colSpan={5}>No attempt has ended yet.</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

/** What must be seen: days with too many nuisance calls. */
export function NuisanceNotice({ days }: { days: readonly { day: string; answered: number; nuisance: number; most: number }[] }) {
  const worst = days[0];
  if (!worst) return null;
  return (
    <Notice title="Too many nuisance calls">
      On {worst.day} {formatPercent(worst.nuisance, worst.answered)} of the {formatCount(worst.answered)} who answered were dropped
      {days.length > 1 ? `, and on ${days.length - 1} more days before` : ''}. More than {formatShare(worst.most, 1)} is too many.
    </Notice>
  );
}
