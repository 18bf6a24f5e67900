import { Panel, When } from '@everdial/ui';
import { Button, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import classes from './Desk.module.css';
import { useAgent, useAnswer, useTold } from './session';

/** Who it is, what is known, and what others have noted. */
export function ContactPanel({ attempt }: { attempt: string }) {
  const { run } = useAgent();
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
    <Panel title="Contact" aside={<span className={classes.muted}>{contact?.time_zone ?? attempt}</span>}>
      {wrong && <p className={classes.trouble}>{wrong.message}</p>}
      <div className={classes.stack}>
        {contact?.attributes.map(({ name, value, masked, read_only }) =>
          masked || read_only ? (
            <TextInput key={name} label={name} value={value} readOnly description={masked ? 'hidden in part' : undefined} />
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
