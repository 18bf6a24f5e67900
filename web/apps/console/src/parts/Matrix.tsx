import type { ReactNode } from 'react';
import classes from './Matrix.module.css';

interface Props<Row, Column> {
  label: string;
  /** What the rows are. */
  corner: string;
  rows: readonly { key: string; head: ReactNode; row: Row }[];
  columns: readonly { key: string; head: ReactNode; column: Column }[];
  cell: (row: Row, column: Column) => ReactNode;
}

/** Something of each server: the servers stand beside each other. */
export function Matrix<Row, Column>({ label, corner, rows, columns, cell }: Props<Row, Column>) {
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={label}>
      <table className={classes.matrix}>
        <thead>
          <tr>
            <th scope="col">{corner}</th>
            {columns.map(({ key, head }) => (
              <th scope="col" key={key}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, head, row }) => (
            <tr key={key}>
              <th scope="row">{head}</th>
              {columns.map(({ key: name, column }) => (
                <td key={name}>{cell(row, column)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
