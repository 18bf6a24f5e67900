import { formatCount, formatPercent } from './format';
import classes from './Progress.module.css';

export interface ProgressProps {
  /** What makes progress, for people who do not see the bar. */
  label: string;
  done: number;
  total: number;
  /** Begun but not done; drawn behind what is done. */
  underway?: number;
  /** How a number is written; a count when left out. */
  format?: (n: number) => string;
}

export function Progress({ label, done, total, underway = 0, format = formatCount }: ProgressProps) {
  const share = (n: number) => `${total > 0 ? Math.min(100, (100 * n) / total) : 0}%`;
  const text = `${format(done)} of ${format(total)} (${formatPercent(done, total)})`;
  return (
    <div className={classes.progress}>
      <div
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={Math.max(total, 0)}
        aria-valuenow={Math.min(done, total)}
        aria-valuetext={text}
        className={classes.track}
      >
        <div className={classes.underway} style={{ width: share(done + underway) }} />
        <div className={classes.done} style={{ width: share(done) }} />
      </div>
      <span className={classes.text} aria-hidden>
        {text}
      </span>
    </div>
  );
}
