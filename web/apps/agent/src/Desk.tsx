import { KeyboardHelp, Notice, useShortcuts, useShortcutsEnabled, type Shortcut } from '@everdial/ui';
import { ActionIcon, Button, useMantineColorScheme } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import { CallPanel } from './CallPanel';
import { ContactPanel } from './ContactPanel';
import { ContinuityStrip } from './ContinuityStrip';
import classes from './Desk.module.css';
import { ScriptPanel } from './ScriptPanel';
import { useAgent } from './session';
import { StateBar } from './StateBar';

/** What an agent works at. */
export function Desk() {
  const { view, session, wrong, dismiss } = useAgent();
  const [shortcuts, setShortcuts] = useState<Record<string, readonly Shortcut[]>>({});
  const [enabled, setEnabled] = useShortcutsEnabled();
  const [help, setHelp] = useState(false);
  const all = useMemo(
    () => [...Object.values(shortcuts).flat(), { keys: '?', does: 'Show these keys', run: () => setHelp(true) }],
    [shortcuts],
  );
  useShortcuts(all, enabled);
  const offer = useMemo(
    () => (part: string, those: readonly Shortcut[]) => setShortcuts((before) => ({ ...before, [part]: those })),
    [],
  );
  useEffect(() => {
    document.title = `${view.situation.states.call === 'idle' ? view.situation.states.agent : view.situation.states.call} · Everdial`;
  }, [view.situation.states]);

  const { attempt, states } = view.situation;
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
        <ColourScheme />
        <ActionIcon variant="subtle" className={classes.quiet} aria-label="Keyboard shortcuts" onClick={() => setHelp(true)}>
          ?
        </ActionIcon>
      </header>
      <StateBar offer={offer} />
      <main className={classes.main}>
        <h1 className="visually-hidden">Agent desktop</h1>
        {wrong && (
          <div className={classes.wrong}>
            <Notice title={`That was not done${wrong.code ? ` (${wrong.code})` : ''}`}>{wrong.message}</Notice>
            <Button size="compact-xs" variant="default" onClick={dismiss}>
              Dismiss
            </Button>
          </div>
        )}
        <div className={classes.columns}>
          <CallPanel key={`call ${attempt ?? ''}`} offer={offer} now={() => session.serverTime} />
          {attempt !== undefined && states.call !== 'idle' && <ContactPanel key={attempt} attempt={attempt} />}
        </div>
        {view.addresses.scripts && <ScriptPanel {...view.addresses.scripts} />}
      </main>
      <KeyboardHelp shortcuts={all} opened={help} onClose={() => setHelp(false)} enabled={enabled} onEnable={setEnabled} />
    </div>
  );
}

export type OfferKeys = (part: string, shortcuts: readonly Shortcut[]) => void;

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
