import { useState } from 'react';
import { Pick } from './Pick';
import { useAnswer } from './session';

interface DestinationsProps {
  title: string;
  opened: boolean;
  onClose: () => void;
  onPick: (agent: number) => void;
}

/** Agents of the zone who may be asked, or given the contact. */
export function Destinations({ title, opened, onClose, onPick }: DestinationsProps) {
  const [prefix, setPrefix] = useState('');
  const { answer, wrong } = useAnswer('list_destinations', { limit: 50, ...(prefix && { prefix }) }, opened ? `of ${prefix}` : undefined);
  return (
    <Pick
      title={title}
      opened={opened}
      onClose={onClose}
      onFilter={setPrefix}
      onPick={(value) => onPick(Number(value))}
      empty={wrong ? wrong.message : answer ? 'Nobody of that name is logged on' : 'One moment…'}
      choices={(answer?.items ?? []).map(({ id, name, free }) => ({
        value: String(id), label: name, hint: free ? 'ready' : 'not free', disabled: !free,
      }))}
    />
  );
}
