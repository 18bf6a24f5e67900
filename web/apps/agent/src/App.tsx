import { AgentError, AgentSession, errorCodes, type LogOn as LogOnOrder, type SessionOptions, type Ticket } from '@everdial/agent-sdk';
import { useEffect, useState } from 'react';
import { Desk } from './Desk';
import { LogOn, type Account } from './LogOn';
import { SessionProvider } from './session';

interface AppProps {
  ticketFor: (account: Account) => Promise<Ticket>;
  options: Omit<SessionOptions, 'ticket'>;
}

/** Nobody is logged on, or an agent works. */
export function App({ ticketFor, options }: AppProps) {
  const [session, setSession] = useState<AgentSession>();
  const [told, setTold] = useState<string>();

  const work = (started: AgentSession) => {
    const leave = (why: string | undefined) => {
      started.close({ forget: true });
      setSession(undefined);
      setTold(why);
    };
    started.on('logged_off', ({ reason, forced }) => leave(forced ? `You were logged off: ${reason}.` : undefined));
    started.on('ended', ({ reason }) => leave(reason === 'closed' ? undefined : `Your session has ended: ${reason}.`));
    setTold(undefined);
    setSession(started);
  };

  const logOn = async (account: Account, order: LogOnOrder) => {
    const started = new AgentSession({ ...options, ticket: () => ticketFor(account) });
    try {
      await started.start();
      const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
      await started.command('log_on', { ...order, time_zone: timeZone, locale: navigator.language });
      work(started);
    } catch (error) {
      started.close({ forget: true });
      throw error;
    }
  };

  // After a reload of the page an agent who works goes on at once.
  useEffect(() => {
    if (!options.memory?.load()) return;
    const again = new AgentSession({ ...options, ticket: () => Promise.reject(new AgentError(errorCodes.wrong_ticket, 'log on again')) });
    again.start().then(
      () => (again.view.situation.states.agent === 'logged_out' ? again.close({ forget: true }) : work(again)),
      () => undefined, // the form stands there already
    );
    return () => again.close();
    // Once, with what the page began with.
  }, []);

  if (!session) return <LogOn told={told} logOn={logOn} />;
  return (
    <SessionProvider session={session}>
      <Desk />
    </SessionProvider>
  );
}
