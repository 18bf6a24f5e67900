import { Panel } from '@everdial/ui';
import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import classes from './Desk.module.css';
import { useAgent } from './session';

const answerWithinMs = 3000;

/** Of the job that one works for, if it has a script. */
export function Script() {
  const { scripts } = useAgent().view.addresses;
  return scripts && <ScriptPanel {...scripts} />;
}

/** What to say: the primary page, or the auxiliary one while the primary does not answer. */
function ScriptPanel({ primary, auxiliary }: { primary: string; auxiliary?: string }) {
  const [page, setPage] = useState<string>();
  const [away, setAway] = useState(false);
  useEffect(() => {
    // A page of another origin tells nothing about itself, but whether it answers.
    fetch(primary, { mode: 'no-cors', signal: AbortSignal.timeout(answerWithinMs) }).then(
      () => setPage(primary),
      () => {
        setPage(auxiliary ?? primary);
        setAway(true);
      },
    );
    return () => setAway(false);
  }, [primary, auxiliary]);
  const other = page === primary ? auxiliary : primary;
  return (
    <Panel
      title="Script"
      flush
      aside={
        <span className={classes.aside}>
          {away && <span className={classes.muted}>the primary page does not answer</span>}
          {page && other && (
            <Button size="compact-xs" variant="default" onClick={() => setPage(other)}>
              {page === primary ? 'Auxiliary page' : 'Primary page'}
            </Button>
          )}
        </span>
      }
    >
      {page && <iframe title="Script" src={page} className={classes.script} sandbox="allow-scripts allow-forms allow-same-origin" />}
    </Panel>
  );
}
