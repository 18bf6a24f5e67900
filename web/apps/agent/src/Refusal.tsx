import { Notice } from '@everdial/ui';
import { Button } from '@mantine/core';
import classes from './Desk.module.css';
import { useAgent } from './session';

/** Why the last order was not done, until the next one or until it is dismissed. */
export function Refusal() {
  const { wrong, dismiss } = useAgent();
  if (!wrong) return null;
  return (
    <div className={classes.wrong}>
      <Notice title={`That was not done${wrong.code ? ` (${wrong.code})` : ''}`}>{wrong.message}</Notice>
      <Button size="compact-xs" variant="default" onClick={dismiss}>
        Dismiss
      </Button>
    </div>
  );
}
