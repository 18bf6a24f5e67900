import { AgentError, type LogOn as LogOnOrder } from '@everdial/agent-sdk';
import { Notice } from '@everdial/ui';
import { Button, PasswordInput, Switch, TextInput } from '@mantine/core';
import { useEffect, useState, type FormEvent } from 'react';
import classes from './Desk.module.css';

export interface Account {
  name: string;
  password: string;
}

interface LogOnProps {
  /** Why nobody is logged on any more. */
  told?: string;
  logOn: (account: Account, order: Omit<LogOnOrder, 'time_zone' | 'locale'>) => Promise<void>;
}

/** "Spanish = 7, sales = 3"; undefined: none are named, or not so. */
function skillsIn(text: string): Record<string, number> | undefined {
  const parts = text.split(',').map((part) => /^\s*(\S.{0,98}?)\s*=\s*([1-9]|10)\s*$/.exec(part));
  return parts.every((part) => part !== null) ? Object.fromEntries(parts.map((part) => [part[1]!, Number(part[2])])) : undefined;
}

const phoneKey = 'everdial.agent.phone';

export function LogOn({ told, logOn }: LogOnProps) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [phone, setPhone] = useState(() => localStorage.getItem(phoneKey) ?? '');
  const [keepLine, setKeepLine] = useState(true);
  const [skills, setSkills] = useState('');
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<AgentError>();
  useEffect(() => {
    document.title = 'Log on · Everdial';
  }, []);

  const elsewhere = wrong?.error === 'already_logged_on';
  const noSkills = skills.trim() !== '' && !skillsIn(skills);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (noSkills) return;
    setBusy(true);
    try {
      localStorage.setItem(phoneKey, phone);
      const chosen = skillsIn(skills);
      await logOn({ name, password }, { phone, keep_line: keepLine, forced: elsewhere, ...(chosen && { skills: chosen }) });
    } catch (error) {
      setWrong(error instanceof AgentError ? error : new AgentError(0, String(error)));
      setBusy(false);
    }
  };

  return (
    <main className={classes.logOn}>
      <form className={classes.card} onSubmit={(event) => void submit(event)}>
        <h1>
          <img src="./favicon.svg" alt="" width="32" height="32" />
          Everdial agent
        </h1>
        {told && !wrong && <p role="status">{told}</p>}
        <TextInput label="Name" autoComplete="username" required autoFocus value={name} onChange={(e) => setName(e.currentTarget.value)} />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the password', tabIndex: 0 }}
        />
        <TextInput
          label="Your phone"
          description="A number as +15550100, or an address as sip:ann@phones.example"
          required
          value={phone}
          onChange={(e) => setPhone(e.currentTarget.value)}
        />
        <TextInput
          label="Skills today"
          description="As Spanish = 7, sales = 3; empty: as they are recorded"
          value={skills}
          onChange={(e) => setSkills(e.currentTarget.value)}
          error={noSkills && 'Names with levels from 1 to 10, as Spanish = 7'}
        />
        <Switch
          label="Call it once and keep the line"
          checked={keepLine}
          onChange={(e) => setKeepLine(e.currentTarget.checked)}
        />
        <Button type="submit" loading={busy} fullWidth px="xs">
          {elsewhere ? 'Log on here and end the other desktop' : 'Log on'}
        </Button>
        {wrong && <Notice title={elsewhere ? 'You are logged on elsewhere' : 'You are not logged on'}>{wrong.message}</Notice>}
      </form>
    </main>
  );
}
