import { When } from '@everdial/ui';
import { Alert } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { statusQuery } from '../queries';

const words = { imports: 'imports', exports: 'exports', job_starts: 'job starts' } as const;

/** What is held back while the servers are loaded, on every page: whoever asks for it is to know why it takes so long. */
export function Restrictions() {
  const { data: status } = useQuery(statusQuery);
  const held = status?.restrictions ?? [];
  if (held.length === 0) return null;
  const first = held[0]!;
  return (
    <Alert
      color="yellow"
      title={`Held back by load: ${held.map((one) => words[one.name]).join(', ')}`}
      role="status"
      mb="md"
      styles={{ root: { backgroundColor: 'var(--ev-warn-bg)' }, label: { color: 'var(--ev-warn)' }, message: { color: 'var(--ev-text)' } }}
    >
      {first.reason}, since <When at={first.since} />. What is asked for meanwhile is tried again by itself until it is taken; dialing goes on.
    </Alert>
  );
}
