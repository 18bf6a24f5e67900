import type { AgentState, NailState } from '@everdial/agent-sdk';
import { StateBadge, type Shortcut, type Tone } from '@everdial/ui';
import { Button } from '@mantine/core';
import { useCallback, useEffect, useMemo, useState } from 'react';
import classes from './Desk.module.css';
import { Pick } from './Pick';
import { useAgent, useAnswer } from './session';
import type { OfferKeys } from './useDeskKeys';

const agentTones: Record<AgentState, Tone> = {
  logged_out: 'idle', not_ready: 'warn', ready: 'good', busy: 'busy', pending_not_ready: 'warn', work_not_ready: 'busy',
};
const agentWords: Record<AgentState, string> = {
  logged_out: 'logged out', not_ready: 'not ready', ready: 'ready', busy: 'busy', pending_not_ready: 'not ready after this', work_not_ready: 'work after the call',
};
const nailTones: Record<NailState, Tone> = { not_nailed: 'idle', pending: 'busy', nailed: 'good' };
const nailWords: Record<NailState, string> = { not_nailed: 'line down', pending: 'your phone rings', nailed: 'line up' };

const inbound = new Set(['inbound', 'manual_inbound', 'pending_inbound', 'pending_manual_inbound']);
const atRest = new Set(['idle', 'preview', 'callback', 'wrapup']);

/** Am I ready, is my line up, and the way out: always there, whatever the call does. */
export function StateBar({ offer }: { offer: OfferKeys }) {
  const { view, run } = useAgent();
  const { states, reason } = view.situation;
  const [asks, setAsks] = useState(false);
  const [leaving, setLeaving] = useState(view.situation.leaving ?? false);
  const isReady = states.agent === 'ready' || states.agent === 'busy' || states.agent === 'work_not_ready';
  const { answer: reasons } = useAnswer('list_reasons', {}, 'always');

  const logOff = useCallback(async () => {
    if (states.call === 'idle') await run('log_off', {});
    else if (await run('log_off_later', { wanted: !leaving })) setLeaving(!leaving);
  }, [states.call, leaving, run]);
  const leave = states.call === 'idle' ? 'Log off' : leaving ? 'Do not log off after this call' : 'Log off after this call';
  const atInbound = inbound.has(states.job);
  const keys = useMemo<Shortcut[]>(
    () => [
      isReady
        ? { keys: 'n', does: 'Not ready', run: () => setAsks(true) }
        : { keys: 'r', does: 'Ready', run: () => void run('ready', {}) },
      ...(atRest.has(states.call) && states.nail === 'not_nailed' ? [{ keys: 'p', does: 'Call my phone', run: () => void run('nail_up', {}) }] : []),
      atInbound
        ? { keys: 'i', does: 'Back to campaigns', run: () => void run('blend_to_outbound', {}) }
        : { keys: 'i', does: 'Take inbound calls', run: () => void run('blend_to_inbound', {}) },
      { keys: 'l l', does: leave, run: () => void logOff() },
    ],
    [isReady, run, states.call, states.nail, atInbound, leave, logOff],
  );
  useEffect(() => offer('state', keys), [offer, keys]);

  const pause = (code: string) => {
    setAsks(false);
    void run('not_ready', { reason: code });
  };
  const wordOf = (code: string) => reasons?.items.find((one) => one.code === code)?.text ?? code.replaceAll('_', ' ');
  const badge = <StateBadge tone={agentTones[states.agent]}>{agentWords[states.agent]}</StateBadge>;
  if (states.agent === 'logged_out') return <div className={classes.bar}>{badge}</div>;
  return (
    <nav aria-label="Your state" className={classes.bar}>
      {badge}
      {!isReady && reason && <span className={classes.muted}>{wordOf(reason)}</span>}
      {isReady ? (
        <Button size="compact-sm" variant="default" aria-keyshortcuts="n" onClick={() => setAsks(true)}>
          Not ready…
        </Button>
      ) : (
        <Button size="compact-sm" aria-keyshortcuts="r" onClick={() => void run('ready', {})}>
          Ready
        </Button>
      )}
      <span className={classes.gap} />
      <StateBadge tone={nailTones[states.nail]}>{nailWords[states.nail]}</StateBadge>
      {atRest.has(states.call) && states.nail === 'not_nailed' && (
        <Button size="compact-sm" variant="default" aria-keyshortcuts="p" onClick={() => void run('nail_up', {})}>
          Call my phone
        </Button>
      )}
      {atRest.has(states.call) && states.nail === 'nailed' && (
        <Button size="compact-sm" variant="default" onClick={() => void run('drop_line', {})}>
          Drop the line
        </Button>
      )}
      {atInbound ? (
        <Button size="compact-sm" variant="default" aria-keyshortcuts="i" onClick={() => void run('blend_to_outbound', {})}>
          Back to campaigns
        </Button>
      ) : (
        <Button size="compact-sm" variant="default" aria-keyshortcuts="i" onClick={() => void run('blend_to_inbound', {})}>
          {states.call === 'idle' ? 'Take inbound calls' : 'Inbound after this call'}
        </Button>
      )}
      <span className={classes.spring} />
      <Button size="compact-sm" variant="subtle" className={classes.quiet} onClick={() => void logOff()}>
        {leave}
      </Button>
      <Pick
        title="Not ready: why?"
        opened={asks}
        onClose={() => setAsks(false)}
        choices={(reasons?.items ?? [{ code: 'break' }]).map(({ code, text }) => ({ value: code, label: text ?? code.replaceAll('_', ' ') }))}
        onPick={pause}
      />
    </nav>
  );
}
