import { bodyOf, type Drill } from '@everdial/api-client';
import { ErrorPanel, formatCount, formatDuration, formatExact, Spans, StateBadge, useNow, type Span } from '@everdial/ui';
import { Button, Group, Modal } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { api, queryClient } from '../api';
import { drillQuery } from '../queries';
import { Loaded } from './Loaded';
import { Facts } from './Page';
import { ownerName, resourceName } from './words';

const drillTone = { under_way: 'busy', ended: 'good', aborted: 'warn' } as const;
const drillWord = { under_way: 'under way', ended: 'ended', aborted: 'aborted' } as const;
export const DrillBadge = ({ drill }: { drill: Drill }) => <StateBadge tone={drillTone[drill.state]}>{drillWord[drill.state]}</StateBadge>;

/** A drill while it goes on, and afterwards: what was held down, and how long each thing was without a holder. */
export function DrillReport({ id, mayChange, onClose }: { id: number | undefined; mayChange: boolean; onClose: () => void }) {
  const query = useQuery({
    ...drillQuery(id ?? 0),
    enabled: id !== undefined,
    refetchInterval: ({ state }) => (state.data?.state === 'under_way' ? 500 : false),
  });
  const abort = useMutation({
    mutationFn: (drill_id: number) => bodyOf(api.http.POST('/drills/{drill_id}/abort', { params: { path: { drill_id } } })),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['drill'] });
      await queryClient.invalidateQueries({ queryKey: ['drills'] });
    },
  });
  return (
    <Modal opened={id !== undefined} onClose={onClose} title={`Drill ${id ?? ''}`} size="56rem" closeButtonProps={{ 'aria-label': 'Close' }}>
      {id !== undefined && (
        <Loaded query={query}>
          {(drill) => (
            <>
              <Group justify="space-between" mb="xs">
                <DrillBadge drill={drill} />
                {drill.state === 'under_way' && mayChange && (
                  <Button size="xs" color="red.9" loading={abort.isPending} onClick={() => abort.mutate(drill.id)}>
                    Abort
                  </Button>
                )}
              </Group>
              {abort.error && <ErrorPanel error={abort.error} />}
              <Course drill={drill} />
            </>
          )}
        </Loaded>
      )}
    </Modal>
  );
}

function Course({ drill }: { drill: Drill }) {
  const now = useNow();
  const changes = drill.changes ?? [];
  const begun = Date.parse(drill.begun_at);
  const ends = Date.parse(drill.ends_at);
  const underWay = drill.state === 'under_way';
  const held = Math.max(begun, underWay ? Math.min(now, ends) : ends);
  const spans: Span[] = [
    {
      key: 'held',
      what: `Held down on ${drill.server}`,
      from: begun,
      to: held,
      told: formatDuration(held - begun),
      detail: drill.components.join(', '),
      tone: 'idle',
    },
    ...changes.map((change): Span => {
      const to = Date.parse(change.at);
      return {
        key: change.id,
        what: <span title={change.resource}>{resourceName(change.resource)}</span>,
        from: to - change.without_master_ms,
        to,
        told: formatDuration(change.without_master_ms),
        detail: `to ${ownerName(change.to)}, ${formatDuration(to - begun)} after the drill began`,
        tone: 'bad',
      };
    }),
  ];
  const longest = Math.max(0, ...changes.map((change) => change.without_master_ms));
  return (
    <>
      <Facts
        facts={[
          ['Begun', formatExact(drill.begun_at)],
          ['By', drill.asked_by],
          ['Calls it could touch', `${formatCount(drill.calls)}, at most ${formatCount(drill.most_calls)} allowed`],
          ['Has changed hands', formatCount(changes.length)],
          ['Longest without a holder', changes.length > 0 ? <strong>{formatDuration(longest)}</strong> : '–'],
          ...(drill.aborted_by ? [['Aborted by', drill.aborted_by] as const] : []),
        ]}
      />
      <Spans label="Course of the drill" spans={spans} from={begun} to={Math.max(underWay ? ends : held, ...spans.map((span) => span.to))} />
      {changes.length === 0 && <p>{underWay ? 'Nothing has changed hands yet.' : 'Nothing has changed hands: what was held down held nothing.'}</p>}
    </>
  );
}
