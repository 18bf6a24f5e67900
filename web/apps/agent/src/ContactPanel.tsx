import { Panel, useNow, When, type Shortcut } from '@everdial/ui';
import { Button, Kbd, Textarea, TextInput } from '@mantine/core';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { Callback, kinds } from './Callback';
import classes from './Desk.module.css';
import { hasContact } from './orders';
import { useAgent, useAnswer, useTold } from './session';
import type { OfferKeys } from './useDeskKeys';
import { clockIn } from './zonedTime';

/** Of whom one sees, or talks to; nothing in between. */
export function Contact({ offer }: { offer: OfferKeys }) {
  const { attempt, states } = useAgent().view.situation;
  if (attempt === undefined || states.call === 'idle') return null;
  return <ContactPanel key={attempt} attempt={attempt} offer={offer} />;
}

/** Who it is, what is known, what others have noted, and what is promised. */
function ContactPanel({ attempt, offer }: { attempt: string; offer: OfferKeys }) {
  const { view, run } = useAgent();
  const changes = useTold('contact_changed');
  const [noted, setNoted] = useState(0);
  const [text, setText] = useState('');
  const { answer: contact, wrong } = useAnswer('get_contact', {}, `${attempt} ${changes}`);
  const { answer: notes } = useAnswer('list_notes', { limit: 20 }, `${attempt} ${noted}`);

  const note = async () => {
    if (!(await run('add_note', { text }))) return;
    setText('');
    setNoted((n) => n + 1);
  };
  return (
    <Panel title="Contact" aside={<span className={classes.muted}>{contact?.time_zone ? <TimeThere zone={contact.time_zone} /> : attempt}</span>}>
      {wrong && <p className={classes.trouble}>{wrong.message}</p>}
      <div className={classes.stack}>
        {hasContact(view.situation.states.call) && contact && <Promises attempt={attempt} timeZone={contact.time_zone} offer={offer} />}
        {contact?.attributes.map(({ name, value, masked, read_only }) =>
          masked || read_only ? (
            <TextInput
              key={name}
              label={name}
              value={value}
              readOnly
              classNames={{ input: classes.fixed }}
              description={masked ? 'hidden in part' : 'not to be changed'}
            />
          ) : (
            <Attribute key={`${name} ${value}`} name={name} value={value} />
          ),
        )}
        <Textarea label="Add a note" rows={2} maxLength={4000} value={text} onChange={(e) => setText(e.currentTarget.value)} />
        <Button variant="default" disabled={text === ''} onClick={() => void note()}>
          Keep the note
        </Button>
      </div>
      <ul className={classes.notes}>
        {notes?.items.map(({ at, agent, text: said }) => (
          <li key={at + said}>
            <p>{said}</p>
            <p className={classes.muted}>
              {agent} · <When at={at} />
            </p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** What its clock shows: whoever is called by night remembers it. */
function TimeThere({ zone }: { zone: string }) {
  return `${clockIn(zone, useNow()).split('T')[1]} there · ${zone}`;
}

/** When the contact is to be called again, or that it never is. */
function Promises({ attempt, timeZone, offer }: { attempt: string; timeZone?: string; offer: OfferKeys }) {
  const { run } = useAgent();
  const [asks, setAsks] = useState(false);
  const [changes, setChanges] = useState(0);
  const [kept, setKept] = useState<string>();
  const { answer: callbacks } = useAnswer('list_callbacks', { limit: 10 }, `${attempt} ${changes}`);
  const { answer: dnc } = useAnswer('is_on_dnc', {}, `${attempt} ${changes}`);

  const is = useCallback((what: string) => {
    setKept(what);
    setChanges((n) => n + 1);
  }, []);
  const keys = useMemo<Shortcut[]>(() => {
    const neverAgain = async () => {
      if (await run('add_to_dnc', {})) is('The number will not be called again.');
    };
    return [
      { keys: 'b', does: 'Callback…', run: () => setAsks(true) },
      { keys: 'z z', does: 'Never call again', run: () => void neverAgain() },
    ];
  }, [run, is]);
  useEffect(() => {
    offer('contact', keys);
    return () => offer('contact', []);
  }, [offer, keys]);
  return (
    <>
      <div className={classes.orders}>
        {keys.map(({ keys: key, does, run: give }) => (
          <Button
            key={key}
            size="compact-sm"
            variant="default"
            onClick={give}
            rightSection={
              <Kbd className={classes.key} aria-hidden>
                {key}
              </Kbd>
            }
          >
            {does}
          </Button>
        ))}
      </div>
      {dnc?.on_dnc && !kept && <p className={classes.trouble}>This number is not to be called again.</p>}
      {callbacks?.items.map(({ kind, at }) => (
        <p key={kind + at} className={classes.muted}>
          Callback <When at={at} /> · {kinds.find(({ value }) => value === kind)?.label}
        </p>
      ))}
      {kept && <p role="status">{kept}</p>}
      <Callback
        opened={asks}
        onClose={() => setAsks(false)}
        onPromised={() => is('The callback is promised.')}
        timeZone={timeZone}
      />
    </>
  );
}

/** Saved when one leaves the field; Escape takes the change back. */
function Attribute({ name, value }: { name: string; value: string }) {
  const { run } = useAgent();
  const [text, setText] = useState(value);
  return (
    <TextInput
      label={name}
      value={text}
      maxLength={4000}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={() => text !== value && void run('set_attribute', { name, value: text })}
      onKeyDown={(event) => {
        if (event.key === 'Escape') setText(value);
        if (event.key === 'Enter') event.currentTarget.blur();
      }}
    />
  );
}
