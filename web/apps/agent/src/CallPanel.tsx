import { formatDuration, Panel, useNow, type Shortcut } from '@everdial/ui';
import { Button, Kbd, Modal, TextInput } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import classes from './Desk.module.css';
import type { OfferKeys } from './Desk';
import { Destinations } from './Destinations';
import { headline, ordersOf, type Order } from './orders';
import { useAgent } from './session';
import { WrapUp } from './WrapUp';

type Asking = 'choose_consult' | 'choose_transfer' | 'type_digits';

/** The call of this moment, and what can be done with it. */
export function CallPanel({ offer, now }: { offer: OfferKeys; now: () => number }) {
  const { view, run } = useAgent();
  const { situation, waiting } = view;
  const { call } = situation.states;
  const [asking, setAsking] = useState<Asking>();

  const orders = ordersOf[call];
  const keys = useMemo<Shortcut[]>(() => {
    const give = ({ does }: Order) => {
      if (does === 'choose_consult' || does === 'choose_transfer' || does === 'type_digits') setAsking(does);
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
      <Digits opened={asking === 'type_digits'} onClose={() => setAsking(undefined)} />
    </Panel>
  );
}

function Remaining({ until, now }: { until?: string; now: () => number }) {
  useNow();
  if (until === undefined) return null;
  const left = Math.max(0, Date.parse(until) - now());
  return <p className={classes.muted}>{left > 0 ? `${formatDuration(Math.ceil(left / 1000) * 1000)} left` : 'time is up'}</p>;
}

function Digits({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { run } = useAgent();
  const [digits, setDigits] = useState('');
  const wrong = digits !== '' && !/^[0-9*#A-D]{1,64}$/.test(digits);
  const close = () => {
    setDigits('');
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title="Send keys" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (wrong || digits === '') return;
          void run('send_digits', { digits });
          close();
        }}
      >
        <TextInput
          label="Keys"
          data-autofocus
          value={digits}
          onChange={(event) => setDigits(event.currentTarget.value.toUpperCase())}
          error={wrong && 'Only 0-9 * # and A-D, at most 64'}
        />
        <Button type="submit" mt="sm" disabled={wrong || digits === ''}>
          Send
        </Button>
      </form>
    </Modal>
  );
}
