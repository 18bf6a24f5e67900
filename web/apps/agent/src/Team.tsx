import type { AgentPage, Monitor } from '@everdial/agent-sdk';
import type { Shortcut } from '@everdial/ui';
import { Button } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import classes from './Desk.module.css';
import { Pick, type Choice } from './Pick';
import { useAgent, useAnswer } from './session';
import type { OfferKeys } from './useDeskKeys';

type Member = AgentPage['items'][number];

const monitoring: readonly { how: Monitor['how']; label: string }[] = [
  { how: 'listen', label: 'Listen in' },
  { how: 'whisper', label: 'Whisper: the agent alone hears me' },
  { how: 'barge', label: 'Barge in: all hear me' },
  { how: 'none', label: 'Leave the conversation' },
];
const others: readonly Choice[] = [
  { value: 'job', label: 'Move to a job…' },
  { value: 'release', label: 'Release from its job' },
  { value: 'ready', label: 'Make ready' },
  { value: 'reason', label: 'Make not ready…' },
  { value: 'log_off', label: 'Log off' },
];

const heard = { listen: 'Listening to', whisper: 'Whispering to', barge: 'Talking with' } as const;
const lookEveryMs = 2000;

const talks = ({ states }: Member) => ['talking', 'held', 'consult', 'conference_owner'].includes(states.call);
const does = ({ states, job }: Member) =>
  [states.call === 'idle' ? states.agent : states.call, job?.campaign].filter(Boolean).join(' · ').replaceAll('_', ' ');

/** For supervisors: another agent of the zone, and what is to be done. */
export function Team({ offer }: { offer: OfferKeys }) {
  const { view } = useAgent();
  return view.agent?.supervisor ? <Members offer={offer} /> : null;
}

function Members({ offer }: { offer: OfferKeys }) {
  const { run, session } = useAgent();
  const [hears, setHears] = useState<{ member: Member; how: keyof typeof heard }>();
  const [asking, setAsking] = useState<'whom' | 'what' | 'job' | 'reason'>();
  const [member, setMember] = useState<Member>();
  const [prefix, setPrefix] = useState('');
  const [times, setTimes] = useState(0);
  const when = (step: typeof asking) => (asking === step ? `${prefix} ${times}` : undefined);
  const { answer: members, wrong } = useAnswer('list_agents', { limit: 50, ...(prefix && { prefix }) }, when('whom'));
  const { answer: jobs } = useAnswer('list_jobs', { limit: 50 }, when('job'));
  const { answer: reasons } = useAnswer('list_reasons', {}, when('reason'));

  const keys = useMemo<Shortcut[]>(() => {
    const open = () => {
      setTimes((n) => n + 1);
      setAsking('whom');
    };
    return [{ keys: 'v', does: 'Team…', run: open }];
  }, []);
  useEffect(() => {
    offer('team', keys);
    return () => offer('team', []);
  }, [offer, keys]);

  const close = () => setAsking(undefined);
  const agent = member?.id ?? 0;
  const order = (what: string) => {
    if (what === 'job' || what === 'reason') return setAsking(what);
    close();
    if (what === 'ready') void run('force_state', { agent, state: 'ready' });
    else if (what === 'log_off') void run('force_state', { agent, state: 'logged_out', reason: 'by a supervisor' });
    else if (what === 'release') void run('move_to_job', { agent, job: 0 });
    else if (member) void monitor(member, what as Monitor['how']);
  };
  const monitor = async (whom: Member, how: Monitor['how']) => {
    if (await run('monitor', { agent: whom.id, how })) setHears(how === 'none' ? undefined : { member: whom, how });
  };
  // Nobody tells of the conversation's end: whose conversation it is has a state that does.
  useEffect(() => {
    if (!hears) return;
    const { id, name } = hears.member;
    const look = () =>
      session.ask('list_agents', { limit: 50, prefix: name }).then(
        ({ items }) => items.some((one) => one.id === id && talks(one)) || setHears((now) => (now === hears ? undefined : now)),
        () => undefined, // asked again
      );
    const timer = setInterval(() => void look(), lookEveryMs);
    return () => clearInterval(timer);
  }, [session, hears]);
  return (
    <>
      {hears && (
        <span className={classes.aside} role="status">
          {heard[hears.how]} {hears.member.name}
          <Button size="compact-sm" variant="default" onClick={() => void monitor(hears.member, 'none')}>
            Leave
          </Button>
        </span>
      )}
      <Button size="compact-sm" variant="subtle" className={classes.quiet} onClick={keys[0]!.run} aria-keyshortcuts="v">
        Team…
      </Button>
      <Pick
        title="Team: whom?"
        opened={asking === 'whom'}
        onClose={close}
        onFilter={setPrefix}
        empty={wrong ? wrong.message : members ? 'Nobody of that name is logged on' : 'One moment…'}
        choices={(members?.items ?? []).map((one) => ({ value: String(one.id), label: one.name, hint: does(one) }))}
        onPick={(value) => {
          setMember(members?.items.find(({ id }) => String(id) === value));
          setAsking('what');
        }}
      />
      <Pick
        title={`${member?.name}: what?`}
        opened={asking === 'what'}
        onClose={close}
        choices={[...monitoring.map(({ how, label }) => ({ value: how, label, disabled: !member || !talks(member) })), ...others]}
        onPick={order}
      />
      <Pick
        title="To which job?"
        opened={asking === 'job'}
        onClose={close}
        empty={jobs ? 'No job with agents runs' : 'One moment…'}
        choices={(jobs?.items ?? []).map(({ id, campaign }) => ({ value: String(id), label: campaign, hint: `job ${id}` }))}
        onPick={(value) => {
          close();
          void run('move_to_job', { agent, job: Number(value) });
        }}
      />
      <Pick
        title="Not ready: why?"
        opened={asking === 'reason'}
        onClose={close}
        choices={(reasons?.items ?? []).map(({ code, text }) => ({ value: code, label: text ?? code.replaceAll('_', ' ') }))}
        onPick={(reason) => {
          close();
          void run('force_state', { agent, state: 'not_ready', reason });
        }}
      />
    </>
  );
}
