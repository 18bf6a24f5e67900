import type { CallState } from '@everdial/agent-sdk';
import { formatAge, Panel, useNow, type Shortcut } from '@everdial/ui';
import { Button, Kbd } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import { Ask } from './Ask';
import classes from './Desk.module.css';
import { Destinations } from './Destinations';
import { comesBy, headline, hint, ordersFor, type Order } from './orders';
import { useAgent, useAnswer, useNameOf } from './session';
import type { OfferKeys } from './useDeskKeys';
import { WrapUp } from './WrapUp';

const withOther: ReadonlySet<CallState> = new Set(['consult', 'conference_owner', 'conference_passive']);

type Asking = 'choose_consult' | 'choose_transfer' | 'type_digits' | 'type_number';

/** The call of this moment, and what can be done with it. */
export function CallPanel({ offer, now }: { offer: OfferKeys; now: () => number }) {
  const { view, run, told } = useAgent();
  const { situation, waiting } = view;
  const { call } = situation.states;
  const [asking, setAsking] = useState<Asking>();
  const [consulted, setConsulted] = useState<number>();
  const orders = ordersFor(situation);
  const keys = useMemo<Shortcut[]>(() => {
    const give = ({ does }: Order) => {
      if (does === 'choose_consult' || does === 'choose_transfer' || does === 'type_digits' || does === 'type_number') setAsking(does);
      else void run(does, {});
    };
    return orders.map((order) => ({ keys: order.keys, does: order.label, run: () => give(order) }));
  }, [orders, run]);
  useEffect(() => offer('call', keys), [offer, keys]);

  const giveTo = (agent: number) => {
    setAsking(undefined);
    setConsulted(agent);
    void run(asking === 'choose_transfer' ? 'transfer' : 'consult', { agent });
  };
  const trouble = waiting.find((request) => request.trouble)?.trouble;
  return (
    <Panel>
      <div className={classes.call} data-call={call}>
        <p className={classes.headline} role="status">
          {headline(situation)}
        </p>
        {call === 'idle' ? <Hint text={hint(situation)} /> : <Phone />}
        {withOther.has(call) && <Other agent={situation.other ?? consulted} />}
        {told && (
          <p className={classes.told} role="status">
            {told}
          </p>
        )}
        <Remaining until={situation.until} now={now} what={comesBy[call] ?? 'left'} />
        {trouble && (
          <p className={classes.trouble}>
            {trouble.message} ({trouble.code}); trying again
          </p>
        )}
        {call === 'wrapup' && <WrapUp offer={offer} />}
        <div className={classes.orders}>
          {orders.map(({ does, label, tone, keys: key }, i) => (
            <Button
              key={does}
              onClick={keys[i]!.run}
              variant={tone === 'go' ? 'filled' : tone === 'stop' ? 'outline' : 'default'}
              className={tone === 'stop' ? classes.stop : undefined}
              aria-keyshortcuts={key.includes(' ') ? undefined : key}
              rightSection={
                <Kbd className={classes.key} aria-hidden>
                  {key}
                </Kbd>
              }
            >
              {label}
            </Button>
          ))}
        </div>
      </div>
      <Destinations
        title={asking === 'choose_transfer' ? 'Transfer to whom?' : 'Consult whom?'}
        opened={asking === 'choose_consult' || asking === 'choose_transfer'}
        onClose={() => setAsking(undefined)}
        onPick={giveTo}
      />
      <Ask
        title="Send keys"
        label="Keys"
        pattern={/^[0-9*#A-D]{1,64}$/}
        allowed="Only 0-9 * # and A-D, at most 64"
        does="Send"
        read={(text) => text.toUpperCase()}
        opened={asking === 'type_digits'}
        onClose={() => setAsking(undefined)}
        onGiven={(digits) => void run('send_digits', { digits })}
      />
      <Ask
        title="Another number"
        label="Number of the contact"
        pattern={/^\+[0-9]{3,15}$/}
        allowed="A number as +15550100"
        does="Call"
        opened={asking === 'type_number'}
        onClose={() => setAsking(undefined)}
        onGiven={(phone) => void run(call === 'wrapup' ? 'redial' : 'dial_preview', { phone })}
      />
    </Panel>
  );
}

function Hint({ text }: { text?: string }) {
  return text && <p className={classes.muted}>{text}</p>;
}

/** Who was handed a contact has not been told its number, but may ask. */
function Phone() {
  const { phone, attempt } = useAgent().view.situation;
  const { answer } = useAnswer('get_contact', {}, phone === undefined ? attempt : undefined);
  const shown = phone ?? answer?.phone;
  return shown && <p className={classes.phone}>{shown}</p>;
}

function Other({ agent }: { agent?: number }) {
  const name = useNameOf(agent);
  return name && <p className={classes.muted}>With {name}</p>;
}

const soonMs = 10_000;

function Remaining({ until, now, what }: { until?: string; now: () => number; what: string }) {
  useNow();
  if (until === undefined) return null;
  const left = Math.max(0, Date.parse(until) - now());
  return (
    <p className={classes.muted} data-soon={left <= soonMs || undefined}>
      {left > 0 ? `${formatAge(Math.ceil(left / 1000) * 1000)} ${what}` : 'time is up'}
    </p>
  );
}
