import { Panel } from '@everdial/ui';
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
  useEffect(() => {
    // A page of another origin tells nothing about itself, but whether it answers.
    fetch(primary, { mode: 'no-cors', signal: AbortSignal.timeout(answerWithinMs) }).then(
      () => setPage(primary),
      () => setPage(auxiliary ?? primary),
    );
  }, [primary, auxiliary]);
  return (
    <Panel title="Script" flush aside={page === auxiliary && <span className={classes.muted}>the primary page does not answer</span>}>
      {page && <iframe title="Script" src={page} className={classes.script} sandbox="allow-scripts allow-forms allow-same-origin" />}
    </Panel>
  );
}
