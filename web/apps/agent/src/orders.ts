import type { CallState, Commands, Situation } from '@everdial/agent-sdk';

/** Commands that need no parameters. */
type Plain = { [M in keyof Commands]: {} extends Commands[M] ? M : never }[keyof Commands];

/** What an agent can do with a call: a command, or a question that must be answered first. */
export interface Order {
  does: Plain | 'choose_consult' | 'choose_transfer' | 'type_digits' | 'type_number';
  label: string;
  keys: string;
  tone?: 'go' | 'stop';
}

const hold: Order = { does: 'hold', label: 'Hold', keys: 'h' };
const release: Order = { does: 'release', label: 'Hang up', keys: 'x x', tone: 'stop' };
const dial: Order = { does: 'dial_preview', label: 'Dial', keys: 'd', tone: 'go' };
const cancel: Order = { does: 'cancel_preview', label: 'Do not dial', keys: 'x', tone: 'stop' };
const other: Order = { does: 'type_number', label: 'Another number…', keys: 'o' };
const digits: Order = { does: 'type_digits', label: 'Keys…', keys: 'k' };

/** The orders that fit each state of a call; the servers have the same table and the last word. */
export const ordersOf: Record<CallState, readonly Order[]> = {
  idle: [],
  preview: [dial, { does: 'skip_preview', label: 'Another contact', keys: 's' }, other, cancel],
  callback: [dial, other, cancel],
  dialing: [],
  pending_call: [],
  talking: [
    hold,
    { does: 'choose_consult', label: 'Consult…', keys: 'c' },
    { does: 'choose_transfer', label: 'Transfer…', keys: 't' },
    digits,
    release,
  ],
  held: [{ does: 'resume', label: 'Resume', keys: 'h', tone: 'go' }, release],
  consult: [
    { does: 'complete_transfer', label: 'Hand over', keys: 't', tone: 'go' },
    { does: 'start_conference', label: 'Conference', keys: 'c' },
    { does: 'cancel_consult', label: 'End consultation', keys: 'h' },
  ],
  conference_owner: [
    digits,
    { does: 'change_conference_owner', label: 'Hand over and stay', keys: 't' },
    { does: 'end_conference', label: 'End conference', keys: 'c' },
    release,
  ],
  conference_passive: [{ does: 'release', label: 'Leave', keys: 'x', tone: 'stop' }],
  wrapup: [{ does: 'redial', label: 'Call again', keys: 'd' }, other],
};
const ordersOfAsked: readonly Order[] = [{ does: 'cancel_consult', label: 'Leave', keys: 'x', tone: 'stop' }];

/** Whom another consults: the contact is the other's, and nobody has named its number. */
const isAsked = ({ states, other, phone }: Situation): boolean => states.call === 'consult' && other !== undefined && phone === undefined;

export const ordersFor = (situation: Situation): readonly Order[] => (isAsked(situation) ? ordersOfAsked : ordersOf[situation.states.call]);

/** Whose contact it is in these states: whoever else hears it has nothing to promise, and nothing to note. */
const withContact: ReadonlySet<CallState> = new Set(['preview', 'callback', 'dialing', 'talking', 'held', 'consult', 'conference_owner', 'wrapup']);
export const hasContact = (call: CallState): boolean => withContact.has(call);

/** What goes on, in words for the agent. */
export function headline(situation: Situation): string {
  const { states } = situation;
  switch (states.call) {
    case 'idle':
      if (states.job === 'inbound' || states.job === 'manual_inbound') return 'At inbound';
      if (states.agent !== 'ready') return 'Not ready';
      if (states.job === 'pending_attach') return 'Waiting for your line';
      return states.job === 'attached' ? 'Waiting for a call' : 'Waiting for a job';
    case 'preview':
      return 'Look at the contact, then dial';
    case 'callback':
      return 'A callback that you promised';
    case 'dialing':
      return 'Calling the contact';
    case 'pending_call':
      return 'Your phone rings: pick up';
    case 'talking':
      return 'Talking';
    case 'held':
      return 'On hold: the contact hears music';
    case 'consult':
      return isAsked(situation) ? 'You are asked: the contact hears music' : 'Consulting: the contact hears music';
    case 'conference_owner':
      return 'Conference: the contact is yours';
    case 'conference_passive':
      return 'Guest in a conference';
    case 'wrapup':
      return 'After the call: how did it end?';
  }
}

/** What one who waits may want to know. */
export function hint({ states }: Situation): string | undefined {
  if (states.call !== 'idle' || states.agent === 'logged_out') return undefined;
  if (states.job === 'inbound' || states.job === 'manual_inbound') return 'Campaigns do not call for you until you come back.';
  if (states.agent === 'not_ready') return 'No calls come to you until you are ready.';
  if (states.job === 'pending_attach') return 'Calls come when your phone is picked up.';
  return states.job === 'attached' ? undefined : 'No running campaign of your zone needs you yet.';
}

/** What comes by itself when the time is up. */
export const comesBy: Partial<Record<CallState, string>> = {
  preview: 'until it is dialed',
  callback: 'left to dial',
  wrapup: 'left',
};
