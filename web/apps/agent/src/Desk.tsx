import { KeyboardHelp, useShortcuts, useShortcutsEnabled } from '@everdial/ui';
import { ActionIcon, Button, useMantineColorScheme } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import { CallPanel } from './CallPanel';
import { Contact } from './ContactPanel';
import { ContinuityStrip } from './ContinuityStrip';
import classes from './Desk.module.css';
import { headline } from './orders';
import { Refusal } from './Refusal';
import { Script } from './ScriptPanel';
import { useAgent } from './session';
import { StateBar } from './StateBar';
import { Team } from './Team';
import { useDeskKeys } from './useDeskKeys';

/** What an agent works at. */
export function Desk() {
  const { view, session } = useAgent();
  const [keys, offer] = useDeskKeys();
  const [enabled, setEnabled] = useShortcutsEnabled();
  const [help, setHelp] = useState(false);
  const all = useMemo(() => [...keys, { keys: '?', does: 'Show these keys', run: () => setHelp(true) }], [keys]);
  useShortcuts(all, enabled);
  useEffect(() => {
    document.title = `${headline(view.situation)} · Everdial`;
  }, [view.situation]);

  return (
    <div className={classes.desk}>
      <header className={classes.header}>
        <span className={classes.brand}>
          <img src="./favicon.svg" alt="" width="22" height="22" />
          Everdial
        </span>
        <span className={classes.who}>
          {view.agent?.name} · zone {view.zone}
          {view.situation.job && ` · ${view.situation.job.campaign}`}
        </span>
        <ContinuityStrip view={view} />
        <Team offer={offer} />
        <ColourScheme />
        <ActionIcon variant="subtle" className={classes.quiet} aria-label="Keyboard shortcuts" onClick={() => setHelp(true)}>
          ?
        </ActionIcon>
      </header>
      <StateBar offer={offer} />
      <main className={classes.main}>
        <h1 className="visually-hidden">Agent desktop</h1>
        <Refusal />
        <div className={classes.columns}>
          <CallPanel key={view.situation.attempt} offer={offer} now={() => session.serverTime} />
          <Contact offer={offer} />
        </div>
        <Script />
      </main>
      <KeyboardHelp shortcuts={all} opened={help} onClose={() => setHelp(false)} enabled={enabled} onEnable={setEnabled} />
    </div>
  );
}

const schemes = { auto: 'as the system', light: 'light', dark: 'dark' } as const;
const nextScheme = { auto: 'light', light: 'dark', dark: 'auto' } as const;

function ColourScheme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Button
      variant="subtle"
      size="compact-sm"
      className={classes.quiet}
      aria-label={`Colours: ${schemes[colorScheme]}`}
      onClick={() => setColorScheme(nextScheme[colorScheme])}
    >
      {colorScheme === 'dark' ? '☾' : colorScheme === 'light' ? '☀' : '◐'}
    </Button>
  );
}
