import type { Shortcut } from '@everdial/ui';
import { Button, Kbd, Radio, Textarea } from '@mantine/core';
import { useEffect, useMemo, useRef, useState, type FormEvent } from 'react';
import classes from './Desk.module.css';
import { useAgent, useAnswer } from './session';
import type { OfferKeys } from './useDeskKeys';

/** So much before the time is up what is chosen is sent: the server knows no other result than the first. */
const sendAheadMs = 1000;

/** How did it end? A code by its number or by mouse, a note, done. */
export function WrapUp({ offer }: { offer: OfferKeys }) {
  const { view, run, session } = useAgent();
  const { answer, wrong } = useAnswer('list_codes', {}, view.situation.attempt);
  const form = useRef<HTMLFormElement>(null);
  const [code, setCode] = useState<string>();
  const [note, setNote] = useState('');
  const codes = answer?.items ?? [];
  const chosen = code ?? codes[0]?.code;

  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && /^(TEXTAREA|SELECT)$|^INPUT$/.test(event.target.tagName) &&
        (event.target as HTMLInputElement).type !== 'radio';
      const picked = codes[Number(event.key) - 1];
      if (typing || !picked || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('[role="dialog"]')) return;
      setCode(picked.code);
      form.current?.querySelectorAll<HTMLInputElement>('input[type=radio]')[Number(event.key) - 1]?.focus(); // Enter: done
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [codes]);

  const sent = useRef(false);
  const done = async (event?: FormEvent) => {
    event?.preventDefault();
    if (chosen === undefined || sent.current) return;
    sent.current = true;
    sent.current = await run('wrap_up', { code: chosen, ...(note && { note }) });
  };
  const latest = useRef(done);
  latest.current = done;
  const { until, extensions_left: extensions = 0 } = view.situation;
  const touched = code !== undefined || note !== '';
  useEffect(() => {
    if (!touched || until === undefined) return;
    const timer = setTimeout(() => void latest.current(), Math.max(0, Date.parse(until) - session.serverTime - sendAheadMs));
    return () => clearTimeout(timer);
  }, [touched, until, session]);

  const keys = useMemo<Shortcut[]>(
    () => (extensions > 0 ? [{ keys: 'e', does: 'More time', run: () => void run('extend_wrap_up', {}) }] : []),
    [extensions, run],
  );
  useEffect(() => {
    offer('wrap_up', keys);
    return () => offer('wrap_up', []);
  }, [offer, keys]);
  return (
    <form ref={form} className={classes.wrapUp} onSubmit={(event) => void done(event)} aria-label="Work after the call">
      <Radio.Group
        label="Result"
        description={until !== undefined && codes[0] ? 'When the time is up, what is chosen then counts' : undefined}
        value={chosen ?? null}
        onChange={setCode}
      >
        <div className={classes.codes}>
          {codes.map(({ code: value, text }, i) => (
            <Radio
              key={value}
              value={value}
              label={
                <>
                  {i < 9 && (
                    <Kbd className={classes.key} aria-hidden>
                      {i + 1}
                    </Kbd>
                  )}{' '}
                  {text ?? value.replaceAll('_', ' ')}
                </>
              }
            />
          ))}
        </div>
      </Radio.Group>
      {wrong && <p className={classes.trouble}>{wrong.message}</p>}
      <Textarea
        label="Note"
        rows={2}
        maxLength={4000}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Enter' && (event.ctrlKey || event.metaKey) && void done()}
        description="Ctrl and Enter: done"
      />
      <div className={classes.orders}>
        <Button type="submit" disabled={chosen === undefined}>
          Done
        </Button>
        {extensions > 0 && (
          <Button
            variant="default"
            onClick={keys[0]!.run}
            aria-keyshortcuts="e"
            rightSection={
              <Kbd className={classes.key} aria-hidden>
                e
              </Kbd>
            }
          >
            More time ({extensions} left)
          </Button>
        )}
      </div>
    </form>
  );
}
