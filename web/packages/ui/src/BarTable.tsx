import type { ReactNode } from 'react';
import { formatCount, formatPercent } from './format';
import classes from './BarTable.module.css';

export interface BarRow {
  key: string;
  label: ReactNode;
  count: number;
}

export interface BarTableProps {
  caption: string;
  /** What the rows are. */
  of?: string;
  rows: readonly BarRow[];
  total: number;
  empty: string;
}

/** A bar chart that is a table: each bar stands beside the number it draws, so nobody needs another view of it. */
export function BarTable({ caption, of = 'Result', rows, total, empty }: BarTableProps) {
  const most = Math.max(1, ...rows.map((row) => row.count));
  return (
    <table className={classes.table}>
      <caption className={classes.caption}>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{of}</th>
          <th scope="col" className={classes.number}>
            Count
          </th>
          <th scope="col" className={classes.number}>
            Share
          </th>
          <td className={classes.plot} />
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.key}>
            <th scope="row">{row.label}</th>
            <td className={classes.number}>{formatCount(row.count)}</td>
            <td className={classes.number}>{formatPercent(row.count, total)}</td>
            <td className={classes.plot}>
              <div className={classes.bar} style={{ width: `${(100 * row.count) / most}%` }} />
            </td>
          </tr>
        ))}
        {rows.length === 0 && (
          <tr>
            <td colSpan={4} className={classes.empty}>
              {empty}
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
