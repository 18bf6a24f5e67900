import { Confirm, ErrorPanel, Panel } from '@everdial/ui';
import { Button, Group } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';

/** How places of zones are kept, looked at and taken up. */
interface Ways<Change extends object, Planned> {
  /** Zones of which something is saved and not applied. */
  waiting: readonly string[];
  save: (zone: string, change: Change) => Promise<unknown>;
  /** What would move; changes nothing. */
  plan: (changes: ({ zone: string } & Change)[], concerned: readonly string[]) => Promise<Planned[]>;
  apply: (zones: string[]) => Promise<unknown>;
  refresh: () => Promise<unknown>;
}

export type Moves<Change extends object, Planned> = ReturnType<typeof useMoves<Change, Planned>>;

/** Changes of where zones belong: written, then saved, or saved and applied after a look at what would move. */
export function useMoves<Change extends object, Planned>({ waiting, save, plan, apply, refresh }: Ways<Change, Planned>) {
  const [edits, setEdits] = useState<Record<string, Change>>({});
  const [planned, setPlanned] = useState<Planned[]>();
  const changes = Object.entries(edits).map(([zone, change]) => ({ zone, ...change }));
  const concerned = [...new Set([...waiting, ...Object.keys(edits)])];

  const saveAll = async () => {
    for (const [zone, change] of Object.entries(edits)) await save(zone, change);
    setEdits({});
    await refresh();
  };
  const saving = useMutation({ mutationFn: saveAll });
  const planning = useMutation({ mutationFn: () => plan(changes, concerned), onSuccess: setPlanned });
  const applying = useMutation({
    mutationFn: async () => {
      await saveAll();
      await apply(concerned);
      await refresh();
    },
    onSuccess: () => setPlanned(undefined),
  });
  return {
    edits,
    edit: (zone: string, change: Partial<Change>) => setEdits((all) => ({ ...all, [zone]: { ...all[zone], ...change } as Change })),
    changed: changes.length > 0,
    pending: concerned.length > 0,
    saving,
    planning,
    applying,
    planned,
    close: () => {
      applying.reset();
      setPlanned(undefined);
    },
  };
}

interface Props<Change extends object, Planned> {
  title: string;
  moves: Moves<Change, Planned>;
  mayChange: boolean;
  /** The verb of what keeps without moving, as "Save". */
  save: string;
  question: string;
  /** What is told before anything moves. */
  preview: (planned: Planned[]) => ReactNode;
  children: ReactNode;
}

/** The table of such places with its two buttons, and the question before anything moves. */
export function MovesPanel<Change extends object, Planned>({ title, moves, mayChange, save, question, preview, children }: Props<Change, Planned>) {
  const { saving, planning, applying, planned } = moves;
  const buttons = (
    <Group gap="xs">
      <Button size="xs" variant="default" loading={saving.isPending} disabled={!moves.changed} onClick={() => saving.mutate()}>
        {save}
      </Button>
      <Button size="xs" loading={planning.isPending} disabled={!moves.pending} onClick={() => planning.mutate()}>
        {`${save} and apply…`}
      </Button>
    </Group>
  );
  const error = saving.error ?? planning.error;
  return (
    <Panel title={title} flush aside={mayChange && buttons}>
      {error && <ErrorPanel error={error} />}
      {children}
      <Confirm
        title={question}
        action="Move now"
        wide
        opened={planned !== undefined}
        busy={applying.isPending}
        error={applying.error}
        onConfirm={() => applying.mutate()}
        onClose={moves.close}
      >
        {planned && preview(planned)}
      </Confirm>
    </Panel>
  );
}
