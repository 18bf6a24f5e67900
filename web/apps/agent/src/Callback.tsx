import type { CreateCallback } from '@everdial/agent-sdk';
import { Button, Modal, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import classes from './Desk.module.css';
import { useAgent } from './session';
import { clockIn, momentIn, ownZone, zones } from './zonedTime';

export const kinds: readonly { value: CreateCallback['kind']; label: string }[] = [
  { value: 'agent', label: 'Me, or else another' },
  { value: 'strict_agent', label: 'Me alone' },
  { value: 'campaign', label: 'Anyone of the campaign' },
  { value: 'standard', label: 'The dialer, as any contact' },
];
const dayMs = 86_400_000;

interface CallbackProps {
  opened: boolean;
  onClose: () => void;
  onPromised: () => void;
  /** The contact's, where it is known. */
  timeZone?: string;
}

/** Promises the contact another call. */
export function Callback({ opened, onClose, onPromised, timeZone }: CallbackProps) {
  const { run, view } = useAgent();
  const [kind, setKind] = useState<CreateCallback['kind']>('agent');
  const [zone, setZone] = useState(timeZone ?? ownZone());
  const [at, setAt] = useState(() => clockIn(zone, Date.now() + dayMs));
  const [days, setDays] = useState('1');
  const [phone, setPhone] = useState('');
  const [note, setNote] = useState('');

  const begin = momentIn(zone, at);
  const past = begin <= Date.now();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    if (Number.isNaN(begin) || past) return;
    onClose();
    const promised = await run('create_callback', {
      kind,
      at: new Date(begin).toISOString(),
      until: new Date(begin + Number(days) * dayMs).toISOString(),
      ...(phone && { phone }),
      ...(note && { note }),
    });
    if (promised) onPromised();
  };
  return (
    <Modal opened={opened} onClose={onClose} title="Callback" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form className={classes.stack} onSubmit={(event) => void submit(event)}>
        <NativeSelect
          label="Who calls"
          data={[...kinds]}
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value as CreateCallback['kind'])}
        />
        <TextInput
          label="When"
          type="datetime-local"
          required
          data-autofocus
          value={at}
          onChange={(event) => setAt(event.currentTarget.value)}
          error={past && 'Choose a time to come'}
        />
        <NativeSelect
          label="By the clock of"
          data={zones(timeZone, ownZone())}
          value={zone}
          onChange={(event) => setZone(event.currentTarget.value)}
          description={zone !== ownZone() && !Number.isNaN(begin) ? `Here: ${clockIn(ownZone(), begin).replace('T', ' ')}` : undefined}
        />
        <NativeSelect
          label="Try for"
          data={[{ value: '1', label: 'one day' }, { value: '7', label: 'a week' }, { value: '30', label: 'thirty days' }]}
          value={days}
          onChange={(event) => setDays(event.currentTarget.value)}
        />
        <TextInput
          label="At another number"
          placeholder={view.situation.phone}
          pattern="\+[0-9]{3,15}"
          title="A number as +15550100"
          value={phone}
          onChange={(event) => setPhone(event.currentTarget.value)}
        />
        <Textarea label="Note" maxLength={4000} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
        <Button type="submit">Promise it</Button>
      </form>
    </Modal>
  );
}
