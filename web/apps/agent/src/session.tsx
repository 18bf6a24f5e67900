import { AgentError, type AgentSession, type AgentView, type Commands, type Questions } from '@everdial/agent-sdk';
import { createContext, use, useCallback, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from 'react';
import { toldAfter, type Told } from './told';

interface Agent {
  session: AgentSession;
  view: AgentView;
  /** Orders something; true when it was done. What was wrong is shown in one place, until the next order. */
  run: <Name extends keyof Commands>(method: Name, params: Commands[Name]) => Promise<boolean>;
  wrong?: AgentError;
  /** What has happened by itself. */
  told?: string;
  dismiss: () => void;
}

const AgentContext = createContext<Agent | undefined>(undefined);

export function SessionProvider({ session, children }: { session: AgentSession; children: ReactNode }) {
  const view = useSyncExternalStore(
    useCallback((listener: () => void) => session.on('changed', listener), [session]),
    () => session.view,
  );
  const [wrong, setWrong] = useState<AgentError>();
  const [told, setTold] = useState<Told>();
  useEffect(
    () =>
      session.on('notice', (notice) => {
        setTold((before) => toldAfter(before, notice, session.view.agent?.id));
        if (notice.notice === 'call_offered') setWrong(undefined); // it was of the contact before
      }),
    [session],
  );
  const run = useCallback<Agent['run']>(
    async (method, params) => {
      setWrong(undefined);
      try {
        await session.command(method, params);
        return true;
      } catch (error) {
        setWrong(error as AgentError);
        return false;
      }
    },
    [session],
  );
  const agent = useMemo(() => ({ session, view, run, wrong, told: told?.text, dismiss: () => setWrong(undefined) }), [session, view, run, wrong, told]);
  return <AgentContext value={agent}>{children}</AgentContext>;
}

export function useAgent(): Agent {
  const agent = use(AgentContext);
  if (!agent) throw new Error('only within a SessionProvider');
  return agent;
}

/** What a question answers, asked again whenever `about` changes; nothing while there is nothing to ask about. */
export function useAnswer<Name extends keyof Questions>(
  method: Name,
  params: Questions[Name][0],
  about: string | undefined,
): { answer?: Questions[Name][1]; wrong?: AgentError } {
  const { session } = useAgent();
  const [got, setGot] = useState<{ about: string; answer?: Questions[Name][1]; wrong?: AgentError }>();
  useEffect(() => {
    if (about === undefined) return;
    let wanted = true;
    session.ask(method, params).then(
      (answer) => wanted && setGot({ about, answer }),
      (wrong: AgentError) => wanted && setGot({ about, wrong }),
    );
    return () => {
      wanted = false;
    };
    // `about` names all that the parameters depend on.
  }, [session, method, about]);
  return got && got.about === about ? got : {};
}

/** The name of another agent of the zone, when it is known. */
export function useNameOf(agent: number | undefined): string | undefined {
  const { answer } = useAnswer('list_destinations', { limit: 200 }, agent === undefined ? undefined : `name of ${agent}`);
  return answer?.items.find(({ id }) => id === agent)?.name;
}

/** Counts how often something was told, to ask again. */
export function useTold(name: 'contact_changed' | 'job_attached'): number {
  const { session } = useAgent();
  const [count, setCount] = useState(0);
  useEffect(() => session.on(name, () => setCount((n) => n + 1)), [session, name]);
  return count;
}
