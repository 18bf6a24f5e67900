import { formatDuration, Panel, useNow, type Shortcut } from '@everdial/ui';
import { Button, Kbd } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import { Ask } from './Ask';
import classes from './Desk.module.css';
import { Destinations } from './Destinations';
import { headline, ordersOf, type Order } from './orders';
import { useAgent } from './session';
import type { OfferKeys } from './useDeskKeys';
import { WrapUp } from './WrapUp';

type Asking = 'choose_consult' | 'choose_transfer' | 'type_digits' | 'type_number';

/** The call of this moment, and what can be done with it. */
export function CallPanel({ offer, now }: { offer: OfferKeys; now: () => number }) {
  const { view, run } = useAgent();
  const { situation, waiting } = view;
  const { call } = situation.states;
  const [asking, setAsking] = useState<Asking>();

  const orders = ordersOf[call];
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
    void run(asking === 'choose_transfer' ? 'transfer' : 'consult', { agent });
  };
  const trouble = waiting.find((request) => request.trouble)?.trouble;
  return (
    <Panel>
      <div className={classes.call} data-call={call}>
        <p className={classes.headline} role="status">
          {headline(situation)}
        </p>
        {situation.phone && <p className={classes.phone}>{situation.phone}</p>}
        <Remaining until={situation.until} now={now} />
        {trouble && (
          <p className={classes.trouble}>
            {trouble.message} ({trouble.code}); trying again
          </p>
        )}
        {call === 'wrapup' && <WrapUp />}
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

function Remaining({ until, now }: { until?: string; now: () => number }) {
  useNow();
  if (until === undefined) return null;
  const left = Math.max(0, Date.parse(until) - now());
  return <p className={classes.muted}>{left > 0 ? `${formatDuration(Math.ceil(left / 1000) * 1000)} left` : 'time is up'}</p>;
}
