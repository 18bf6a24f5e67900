import { bodyOf } from '@everdial/api-client';
import { formatAge, KeyboardHelp, zoneOfTimes, useNow, useShortcuts, useShortcutsEnabled, type Shortcut } from '@everdial/ui';
import { ActionIcon, Button, Menu, useMantineColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { api, queryClient, sessionKey } from './api';
import { AutoIcon, MoonIcon, SunIcon } from './icons';
import { LiveProvider, useLive } from './live';
import { Restrictions } from './parts/Restrictions';
import { sessionQuery } from './queries';
import { AlarmBell } from './parts/Alarms';
import classes from './Shell.module.css';

const places = [
  { to: '/status', label: 'Status', keys: 'g s' },
  { to: '/zones', label: 'Zones', keys: 'g z' },
  { to: '/failover', label: 'Failover', keys: 'g f' },
  { to: '/jobs', label: 'Jobs', keys: 'g j' },
  { to: '/campaigns', label: 'Campaigns', keys: 'g c' },
  { to: '/agents', label: 'Agents', keys: 'g a' },
  { to: '/schedules', label: 'Schedules', keys: 'g t' },
  { to: '/lists', label: 'Contact lists', keys: 'g l' },
  { to: '/exports', label: 'Exports', keys: 'g e' },
  { to: '/dnc', label: 'Do not call', keys: 'g d' },
  { to: '/retention', label: 'Retention', keys: 'g r' },
] as const;

/** What stands around every page of somebody who is logged in; the route lets nobody else come here. */
export function Shell() {
  const { data: session } = useQuery(sessionQuery);
  const navigate = useNavigate();
  const { href } = useLocation();
  const loggedOut = session === null;
  useEffect(() => {
    if (loggedOut) void navigate({ to: '/login', search: { next: href } });
    // Only the moment of being logged out matters: the address changes on the way to the login page.
  }, [loggedOut]);
  if (!session) return null;
  return (
    <LiveProvider>
      <Frame name={session.account.name} role={session.account.role} />
    </LiveProvider>
  );
}

function Frame({ name, role }: { name: string; role: string }) {
  const navigate = useNavigate();
  const [help, setHelp] = useState(false);
  const [enabled, setEnabled] = useShortcutsEnabled();
  const shortcuts = useMemo<Shortcut[]>(
    () => [
      { keys: '?', does: 'Show these keys', run: () => setHelp(true) },
      ...places.map(({ to, label, keys }) => ({ keys, does: `Go to ${label}`, run: () => void navigate({ to }) })),
      { keys: 'n c', does: 'New campaign', run: () => void navigate({ to: '/campaigns/new' }) },
      { keys: '/', does: 'Go to the filter of this page', run: () => document.querySelector<HTMLElement>('[data-filter]')?.focus() },
    ],
    [navigate],
  );
  useShortcuts(shortcuts, enabled);

  const logOut = async () => {
    await bodyOf(api.http.POST('/logout'));
    api.setCsrfToken(undefined);
    queryClient.clear();
    queryClient.setQueryData(sessionKey, null);
    await navigate({ to: '/login' });
  };

  return (
    <div className={classes.shell}>
      <a href="#main" className={classes.skip}>
        Skip to content
      </a>
      <header className={classes.header}>
        <Link to="/status" className={classes.brand}>
          <img src="/favicon.svg" alt="" width="22" height="22" />
          Everdial
        </Link>
        <nav aria-label="Main" className={classes.nav}>
          {places.map(({ to, label }) => (
            <Link key={to} to={to} className={classes.place}>
              {label}
            </Link>
          ))}
        </nav>
        <LiveStrip />
        <AlarmBell />
        <ColourScheme />
        <ActionIcon variant="subtle" color="gray" aria-label="Keyboard shortcuts" className={classes.quiet} onClick={() => setHelp(true)}>
          ?
        </ActionIcon>
        <Menu position="bottom-end">
          <Menu.Target>
            <Button variant="subtle" size="compact-sm" className={classes.quiet}>
              {name}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item disabled className={classes.role}>
              {role}
            </Menu.Item>
            <Menu.Item onClick={() => void logOut()}>Log out</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </header>
      <main id="main" tabIndex={-1} className={classes.main}>
        <Restrictions />
        <Outlet />
      </main>
      <footer className={classes.foot}>Times are those of {zoneOfTimes(Date.now())}, as this browser is set.</footer>
      <KeyboardHelp shortcuts={shortcuts} opened={help} onClose={() => setHelp(false)} enabled={enabled} onEnable={setEnabled} />
    </div>
  );
}

/** How fresh is what I see? Always in the same place and of the same width; spoken only when it changes for the worse or the better. */
function LiveStrip() {
  const { state, heardAt } = useLive();
  const now = useNow();
  const live = state === 'live';
  const word = live ? 'Live' : state === 'connecting' ? 'Connecting' : 'Reconnecting';
  return (
    <div className={classes.live} data-live={live || undefined}>
      <span className={classes.dot} aria-hidden />
      <span role="status">{word}</span>
      {!live && <span>· data is {formatAge(now - heardAt)} old</span>}
    </div>
  );
}

const schemes = [
  { value: 'auto', label: 'As the system', Icon: AutoIcon },
  { value: 'light', label: 'Light', Icon: SunIcon },
  { value: 'dark', label: 'Dark', Icon: MoonIcon },
] as const;

function ColourScheme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const present = schemes.find((scheme) => scheme.value === colorScheme)!;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" className={classes.quiet} aria-label={`Colours: ${present.label}`}>
          <present.Icon />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {schemes.map(({ value, label, Icon }) => (
          <Menu.Item key={value} leftSection={<Icon />} onClick={() => setColorScheme(value)}>
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
