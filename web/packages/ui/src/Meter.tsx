import classes from './Meter.module.css';

/** A share as a number and a bar of the same width everywhere; it warns from `high` on. */
export function Meter({ share, high = 1 }: { share: number; high?: number }) {
  const percent = Math.round(100 * Math.min(1, Math.max(0, share)));
  return (
    <span className={classes.meter}>
      <span className={classes.number}>{percent} %</span>
      <span className={classes.track} aria-hidden>
        <span className={classes.bar} data-high={share >= high || undefined} style={{ width: `${percent}%` }} />
      </span>
    </span>
  );
}
