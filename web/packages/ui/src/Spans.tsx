import type { ReactNode } from 'react';
import { formatDuration } from './format';
import classes from './Spans.module.css';

export interface Span {
  key: string | number;
  what: ReactNode;
  /** Milliseconds since 1970; the same twice for a moment. */
  from: number;
  to: number;
  /** What stands beside it: how long it took, or when it was. */
  told: string;
  detail?: ReactNode;
  tone: 'bad' | 'busy' | 'idle';
}

/** What happened one after the other, drawn on one axis of time. The drawing is for eyes only: each line tells it in words as well. */
export function Spans({ label, spans, from, to }: { label: string; spans: readonly Span[]; from: number; to: number }) {
  const all = Math.max(1, to - from);
  const share = (ms: number) => `${(100 * Math.min(all, Math.max(0, ms))) / all}%`;
  return (
    <div className={classes.spans}>
      <ol aria-label={label}>
        {spans.map((span) => (
          <li key={span.key}>
            <span className={classes.what}>{span.what}</span>
            <span className={classes.told}>{span.told}</span>
            <span className={classes.track} aria-hidden>
              <span className={classes.bar} data-tone={span.tone} style={{ left: share(span.from - from), width: share(span.to - span.from) }} />
            </span>
            {span.detail && <span className={classes.detail}>{span.detail}</span>}
          </li>
        ))}
      </ol>
      <div className={classes.axis} aria-hidden>
        <span>0</span>
        <span>{formatDuration(all)}</span>
      </div>
    </div>
  );
}
