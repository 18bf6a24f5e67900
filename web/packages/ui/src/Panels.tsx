import type { ReactNode } from 'react';
import classes from './Panels.module.css';

/** Nothing here yet, why, and the way on. */
export function EmptyState({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <div className={classes.empty}>
      <p className={classes.what}>{title}</p>
      <p>{children}</p>
      {action}
    </div>
  );
}

/** Something is wrong that no request has told of. */
export function Notice({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div role="alert" className={classes.error}>
      <p className={classes.what}>{title}</p>
      <p>{children}</p>
    </div>
  );
}

/** A titled part of a page. */
export function Panel({ title, aside, children, flush }: { title?: string; aside?: ReactNode; children: ReactNode; flush?: boolean }) {
  return (
    <section className={classes.panel} data-flush={flush || undefined}>
      {title && (
        <header className={classes.head}>
          <h2>{title}</h2>
          {aside}
        </header>
      )}
      {children}
    </section>
  );
}
