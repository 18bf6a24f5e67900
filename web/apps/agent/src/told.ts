import type { Notice } from '@everdial/agent-sdk';

/** What has happened by itself, for people; `line`: to their phone, until it is up again. */
export interface Told {
  text: string;
  line?: boolean;
}

const notReached: Record<string, string> = {
  call_busy: 'The line was busy.',
  ring_no_answer: 'Nobody answered.',
  invalid_number: 'The number does not exist.',
  call_rejected: 'The call was rejected.',
  answer_machine: 'An answering machine answered.',
  fax: 'A fax machine answered.',
  call_lost: 'The call was lost.',
  restricted_dnc: 'The number is not to be called.',
  restricted_hours: 'The contact is not to be called at this hour.',
  never_placed: 'The call was not placed in time.',
};
const callEnds: Record<string, string> = { answer_human: 'The contact has hung up.', call_lost: 'The call was lost.' };
const lineEnds: Record<string, string> = {
  answer_human: 'Your phone has hung up.',
  call_busy: 'Your phone is busy.',
  ring_no_answer: 'Your phone does not answer.',
  invalid_number: 'Your phone does not exist: log on with the right one.',
  call_lost: 'Your line was lost.',
};
const stateChanges: Record<string, string> = {
  wrapup_limit: 'The time was up: the first result was taken.',
  let_pass: 'The time was up: the callback comes again later.',
};

const readable = (code: string) => code.replaceAll('_', ' ');

function inWords(notice: Notice, me: number | undefined): Told | undefined {
  switch (notice.notice) {
    case 'dial_failed':
      return { text: notReached[notice.code] ?? `The contact was not called: ${readable(notice.code)}` };
    case 'call_ended':
      return { text: callEnds[notice.code] ?? `The call has ended: ${readable(notice.code)}` };
    case 'nailing_lost':
      return { text: lineEnds[notice.reason] ?? `Your line is down: ${readable(notice.reason)}`, line: true };
    case 'consult_ended':
      return { text: 'The consultation is over.' };
    case 'conference_ended':
      return { text: 'The conference is over.' };
    case 'call_transferred':
      return { text: notice.to === me ? 'The contact was handed to you.' : 'The contact was handed over.' };
    case 'conference_owner_changed':
      return { text: notice.owner === me ? 'The contact is yours now.' : 'The contact is the other agent’s now.' };
    case 'states_changed':
      return notice.reason in stateChanges ? { text: stateChanges[notice.reason]! } : undefined;
    default:
      return undefined;
  }
}

/** What stands there after a notice: the last that has happened, until there is another contact. */
export function toldAfter(before: Told | undefined, notice: Notice, me: number | undefined): Told | undefined {
  if (notice.notice === 'call_offered' || notice.notice === 'consult_offered') return undefined;
  if (before?.line && notice.notice === 'states_changed' && notice.states.nail !== 'not_nailed') return undefined;
  return inWords(notice, me) ?? before;
}
