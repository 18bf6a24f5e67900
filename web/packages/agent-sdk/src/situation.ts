import type { Notice } from './methods.js';
import type { Situation } from './protocol.js';

export const loggedOut: Situation = { states: { agent: 'logged_out', nail: 'not_nailed', call: 'idle', job: 'detached' } };

/** Where the agent is after a notice. */
export function after(situation: Situation, notice: Notice): Situation {
  switch (notice.notice) {
    case 'states_changed':
      return withStates(situation, notice);
    case 'time_limit':
      return { ...situation, until: notice.at, extensions_left: notice.extensions_left };
    case 'call_offered':
      return { ...situation, attempt: notice.attempt, phone: notice.phone };
    case 'job_attached':
      return { ...situation, job: { id: notice.job, campaign: notice.campaign } };
    case 'consult_offered':
      return { ...situation, attempt: notice.attempt, other: notice.from };
    case 'call_transferred':
      return without({ ...situation, attempt: notice.attempt }, 'other');
    case 'consult_ended':
    case 'conference_ended':
      return without(situation, 'other');
    case 'logged_off':
      return { ...loggedOut, reason: notice.reason };
    default:
      return situation;
  }
}

const pauses = ({ states }: Pick<Situation, 'states'>): boolean => states.agent === 'not_ready' || states.agent === 'pending_not_ready';

const differ = (one: Situation['states'], other: Situation['states']): boolean =>
  one.agent !== other.agent || one.nail !== other.nail || one.call !== other.call || one.job !== other.job;

function withStates(before: Situation, { states, reason }: { states: Situation['states']; reason: string }): Situation {
  let now: Situation = { ...before, states, reason };
  // Why one is not ready stays so, whatever becomes of line and call meanwhile; where nothing of that has changed, another reason was given.
  if (pauses(before) && pauses(now) && differ(before.states, states)) now = { ...now, reason: before.reason };
  if (states.call !== before.states.call) now = without(now, 'until', 'extensions_left');
  if (states.call === 'idle') now = without(now, 'attempt', 'phone', 'other');
  if (['detached', 'inbound', 'manual_inbound'].includes(states.job)) now = without(now, 'job');
  return now;
}

function without(situation: Situation, ...fields: (keyof Situation)[]): Situation {
  const rest = { ...situation };
  for (const field of fields) delete rest[field];
  return rest;
}
