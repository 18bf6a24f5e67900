import type { AgentSession } from '@everdial/agent-sdk';
import { EverdialTheme, useShortcuts } from '@everdial/ui';
import { Fragment, type ReactNode } from 'react';
import { createPortal } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { CallPanel } from './CallPanel';
import { Contact } from './ContactPanel';
import { ContinuityStrip } from './ContinuityStrip';
import { Refusal } from './Refusal';
import { Script } from './ScriptPanel';
import { SessionProvider, useAgent } from './session';
import { StateBar } from './StateBar';
import { Team } from './Team';
import { useDeskKeys, type OfferKeys } from './useDeskKeys';

export * from '@everdial/agent-sdk';

export type WidgetName = 'continuity' | 'state' | 'call' | 'contact' | 'script' | 'team';

/** Parts of the agent desktop in a page of somebody else, all of one session. */
export interface Workspace {
  /** Shows a part in an element of the page; returns what takes it away again. */
  mount(widget: WidgetName, element: Element): () => void;
  /** Takes all away. The session goes on: it belongs to who has made it. */
  close(): void;
}

export interface EmbedOptions {
  /** Single keys, as the desktop of its own has them; off, since the page may have keys, too. */
  shortcuts?: boolean;
}

export function embed(session: AgentSession, { shortcuts = false }: EmbedOptions = {}): Workspace {
  // The theme's colours stand in it, so it must be in the page.
  const own = document.body.appendChild(document.createElement('div'));
  const root = createRoot(own);
  const places = new Map<number, { widget: WidgetName; element: Element }>();
  let last = 0;
  const draw = () =>
    root.render(
      <EverdialTheme>
        <SessionProvider session={session}>
          <Widgets places={[...places]} shortcuts={shortcuts} />
        </SessionProvider>
      </EverdialTheme>,
    );
  return {
    mount(widget, element) {
      if (!Object.hasOwn(parts, widget)) throw new Error(`no widget '${widget}'; there are ${Object.keys(parts).join(', ')}`);
      const key = ++last;
      places.set(key, { widget, element });
      draw();
      return () => {
        places.delete(key);
        draw();
      };
    },
    close() {
      root.unmount();
      own.remove();
    },
  };
}

const parts: Record<WidgetName, (props: { offer: OfferKeys }) => ReactNode> = {
  continuity: Continuity,
  state: StateBar,
  call: Call,
  contact: Contact,
  script: Script,
  team: Team,
};

function Widgets({ places, shortcuts }: { places: readonly [number, { widget: WidgetName; element: Element }][]; shortcuts: boolean }) {
  const [keys, offer] = useDeskKeys();
  useShortcuts(keys, shortcuts);
  return places.map(([key, { widget, element }]) => {
    const Part = parts[widget];
    return <Fragment key={key}>{createPortal(<Part offer={offer} />, element)}</Fragment>;
  });
}

function Continuity() {
  return <ContinuityStrip view={useAgent().view} />;
}

function Call({ offer }: { offer: OfferKeys }) {
  const { view, session } = useAgent();
  return (
    <>
      <Refusal />
      <CallPanel key={view.situation.attempt} offer={offer} now={() => session.serverTime} />
    </>
  );
}
