import type { AgentView } from '@everdial/agent-sdk';
import { formatDuration } from '@everdial/ui';
import classes from './Desk.module.css';

const withContact = new Set(['talking', 'held', 'consult', 'conference_owner', 'conference_passive']);
const reasons = { failed: 'has failed', handed_over: 'is moving', not_reachable: 'cannot be reached' } as const;

/** Is all well between this desktop and Everdial, and if not, what of the call? Always in the same place. */
export function ContinuityStrip({ view }: { view: AgentView }) {
  const { connection, server, managerAway, zoneDown, continuity, situation, waiting } = view;
  const onCall = withContact.has(situation.states.call);
  const well = connection === 'connected' && !managerAway && !zoneDown;
  const where =
    connection === 'connected' ? `Connected to ${server}` : connection === 'ended' ? `The session has ended: ${view.ended}` : 'Reconnecting';
  const news = [
    where,
    zoneDown && `no server for the zone: ${zoneDown}`,
    managerAway && `manager of zone ${managerAway.zone} ${reasons[managerAway.reason]}, back in about ${formatDuration(managerAway.expected_wait_ms)}`,
    onCall && (well ? 'call kept' : 'your call goes on'),
  ];
  const numbers = [
    !well && waiting.length > 0 && `${waiting.length} ${waiting.length === 1 ? 'order waits' : 'orders wait'}`,
    continuity.resumed > 0 && `resumed ${continuity.resumed} ×, last gap ${formatDuration(continuity.lastGapMs ?? 0)}`,
    `events missed: ${continuity.missed}`,
  ];
  return (
    <div className={classes.strip} data-well={well || undefined} data-testid="continuity">
      <span className={classes.dot} aria-hidden />
      <span role="status">{news.filter(Boolean).join(' · ')}</span>
      <span> · {numbers.filter(Boolean).join(' · ')}</span>
    </div>
  );
}
