import { Button, Kbd, Radio, Textarea } from '@mantine/core';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import classes from './Desk.module.css';
import { useAgent, useAnswer } from './session';

/** How did it end? A code by its number or by mouse, a note, done. */
export function WrapUp() {
  const { view, run } = useAgent();
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

  const done = (event?: FormEvent) => {
    event?.preventDefault();
    if (chosen !== undefined) void run('wrap_up', { code: chosen, ...(note && { note }) });
  };
  return (
    <form ref={form} className={classes.wrapUp} onSubmit={done} aria-label="Work after the call">
      <Radio.Group label="Result" value={chosen ?? null} onChange={setCode}>
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
        onKeyDown={(event) => event.key === 'Enter' && (event.ctrlKey || event.metaKey) && done()}
        description="Ctrl and Enter: done"
      />
      <div className={classes.orders}>
        <Button type="submit" disabled={chosen === undefined}>
          Done
        </Button>
        {(view.situation.extensions_left ?? 0) > 0 && (
          <Button variant="default" onClick={() => void run('extend_wrap_up', {})}>
            More time ({view.situation.extensions_left} left)
          </Button>
        )}
      </div>
    </form>
  );
}
