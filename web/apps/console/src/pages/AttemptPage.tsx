import type { Attempt, AttemptWay, TimelineEntry } from '@everdial/api-client';
import { AttemptBadge, CodeBadge, formatCode, formatDuration, formatTime, Panel, When } from '@everdial/ui';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Loaded } from '../parts/Loaded';
import { ownerName } from '../parts/words';
import { Facts, Page } from '../parts/Page';
import { attemptQuery } from '../queries';
import classes from './AttemptPage.module.css';

const route = getRouteApi('/shell/attempts/$attemptId');

export function AttemptPage() {
  const { attemptId } = route.useParams();
  const query = useQuery({
    ...attemptQuery(attemptId),
    refetchInterval: (running) => running.state.data?.attempt.state === 'intent' && 1000,
  });
  const attempt = query.data?.attempt;
  return (
    <Page
      title={`Attempt ${attemptId}`}
      badge={attempt && (attempt.code ? <CodeBadge code={attempt.code} /> : <AttemptBadge state={attempt.state} />)}
    >
      <Loaded query={query}>{(way) => <Way way={way} />}</Loaded>
    </Page>
  );
}

function Way({ way }: { way: AttemptWay }) {
  const { attempt } = way;
  return (
    <>
      <Panel>
        <Facts
          facts={[
            ['Number', attempt.phone],
            [
              'Job',
              <Link to="/jobs/$jobId" params={{ jobId: attempt.job_id }}>
                Job {attempt.job_id} of {way.campaign_name}
              </Link>,
            ],
            ['Try', `${attempt.number} for contact ${attempt.contact_id}`],
            ['State', <AttemptBadge state={attempt.state} />],
            ['SIP status', attempt.sip_status || '–'],
            ['MPP', attempt.mpp ?? '–'],
            ['Trunk', attempt.trunk ?? '–'],
            ['Analysis', attempt.analysis ? formatCode(attempt.analysis) : '–'],
            ['Keys pressed', attempt.digits || '–'],
            ['Recording', attempt.recording || '–'],
            ['Intent by', way.intent_by ? `${ownerName(way.intent_by)}, epoch ${attempt.intent_epoch}` : '–'],
            ['Settled by', way.done_by ? `${ownerName(way.done_by)}, epoch ${attempt.done_epoch ?? '–'}` : '–'],
          ]}
        />
      </Panel>
      {attempt.state === 'unknown' && (
        <Panel title="Unknown">
          Whether this call was placed cannot be found out now, so it is not dialed again by itself. It is settled when the MPP that may have
          carried it comes back.
        </Panel>
      )}
      <div className={classes.two}>
        <Panel title="Its whole way">
          <Timeline entries={way.timeline} />
        </Panel>
        <div className={classes.side}>
          {way.contact && (
            <Panel title="Contact">
              <Facts
                facts={[
                  ['Reference', way.contact.ref ?? '–'],
                  ['Time zone', way.contact.time_zone],
                  ['Import, row', `${way.contact.import_id}, ${way.contact.import_row}`],
                  ...Object.entries(way.contact.attributes).map(([name, value]) => [name, value] as const),
                ]}
              />
            </Panel>
          )}
          <Panel title="All attempts for this contact">
            <OtherAttempts attempts={way.attempts_of_contact} present={attempt.id} />
          </Panel>
        </div>
      </div>
    </>
  );
}

const words: Record<TimelineEntry['what'], string> = {
  owner_changed: 'The job has a new owner',
  intent: 'Intent written',
  placed: 'Call placed',
  ringing: 'Ringing',
  answered: 'Answered',
  ended: 'Ended',
  settled: 'Result committed',
};

/** What an entry has to tell beside its name, in a few words. */
export function factsOf(entry: TimelineEntry): string {
  return [
    entry.detail,
    entry.code && formatCode(entry.code),
    entry.sip_status && `SIP ${entry.sip_status}`,
    entry.mpp && `MPP ${entry.mpp}`,
    entry.trunk && `trunk ${entry.trunk}`,
    entry.by && `by ${ownerName(entry.by)}`,
    entry.epoch !== undefined && `epoch ${entry.epoch}`,
  ]
    .filter(Boolean)
    .join(' · ');
}

function Timeline({ entries }: { entries: TimelineEntry[] }) {
  const begin = entries.find((entry) => entry.what === 'intent')?.at ?? entries[0]?.at ?? '';
  return (
    <ol className={classes.timeline}>
      {entries.map((entry, i) => {
        const before = entries[i - 1]?.at;
        return (
          <li key={i} data-what={entry.what}>
            <time dateTime={entry.at} title={entry.at}>
              {formatTime(entry.at)}
            </time>
            <span className={classes.offset}>{offset(Date.parse(entry.at) - Date.parse(begin))}</span>
            <div className={classes.entry}>
              <strong>{words[entry.what]}</strong>
              {before && <span className={classes.gap}> after {formatDuration(Date.parse(entry.at) - Date.parse(before))}</span>}
              <div className={classes.detail}>{factsOf(entry)}</div>
            </div>
          </li>
        );
      })}
    </ol>
  );
}

const offset = (ms: number): string => (ms < 0 ? `−${formatDuration(-ms)}` : `+${formatDuration(ms)}`);

function OtherAttempts({ attempts, present }: { attempts: Attempt[]; present: string }) {
  return (
    <table className={classes.others}>
      <thead>
        <tr>
          <th scope="col">Try</th>
          <th scope="col">When</th>
          <th scope="col">Result</th>
        </tr>
      </thead>
      <tbody>
        {attempts.map((attempt) => (
          <tr key={attempt.id} aria-current={attempt.id === present || undefined}>
            <td>
              {attempt.id === present ? (
                `${attempt.number} (this)`
              ) : (
                <Link to="/attempts/$attemptId" params={{ attemptId: attempt.id }} aria-label={`Try ${attempt.number}`}>
                  {attempt.number}
                </Link>
              )}
            </td>
            <td>
              <When at={attempt.intent_at} />
            </td>
            <td>{attempt.code ? <CodeBadge code={attempt.code} /> : <AttemptBadge state={attempt.state} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
