import { useEffect, useRef, type ReactNode } from 'react';
import classes from './Page.module.css';

/** Title, actions and content of a page. A new page takes the focus, so that screen readers and the Tab key begin there. */
export function Page({ title, badge, actions, children }: { title: string; badge?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (document.activeElement?.matches('input, textarea, select')) return;
    heading.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    document.title = `${title} · Everdial`;
  }, [title]);
  return (
    <div className={classes.page}>
      <div className={classes.head}>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {badge}
        <div className={classes.actions}>{actions}</div>
      </div>
      {children}
    </div>
  );
}

/** What the words of a table mean, in a line or two below it. */
export const Help = ({ children }: { children: ReactNode }) => <p className={classes.help}>{children}</p>;

/** Small facts in a row: what it is, above; its value, below. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={classes.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
