import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type ReactNode } from 'react';
import classes from './DataTable.module.css';

export interface Column<Row> {
  key: string;
  header: ReactNode;
  /** A CSS grid track: "8rem", "minmax(10rem, 1fr)". */
  width: string;
  cell: (row: Row) => ReactNode;
  align?: 'right';
}

export interface DataTableProps<Row> {
  /** Names the table for people who do not see it. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string | number;
  /** Shown in place of rows when there is none. */
  empty: ReactNode;
  /** There are more rows at the server; called when the end comes near. */
  onEndNear?: () => void;
  /** Rows are on their way; keeps the place so that nothing jumps. */
  loading?: boolean;
  /** Most height before it scrolls inside itself. */
  maxHeight?: string;
}

const rowHeight = 34;
const drawAllUpTo = 30;

/** A table of any length: draws only the rows in sight once there are many, and tells when it wants more of them. */
export function DataTable<Row>({ label, columns, rows, rowKey, empty, onEndNear, loading, maxHeight = '70vh' }: DataTableProps<Row>) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 6,
  });
  const inSight = virtualizer.getVirtualItems();
  const all = rows.length <= drawAllUpTo;
  const first = all ? 0 : (inSight[0]?.index ?? 0);
  const last = all ? rows.length - 1 : (inSight.at(-1)?.index ?? -1);

  const endInSight = (inSight.at(-1)?.index ?? -1) >= rows.length - 20;
  useEffect(() => {
    if (endInSight && !loading) onEndNear?.();
  }, [endInSight, loading, onEndNear, rows.length]);

  const grid = { gridTemplateColumns: columns.map((column) => column.width).join(' ') };
  return (
    <div ref={scroller} className={classes.scroller} style={{ maxHeight }} tabIndex={0} role="region" aria-label={label}>
      <div role="table" aria-label={label} aria-rowcount={onEndNear ? -1 : rows.length + 1} className={classes.table}>
        <div role="rowgroup" className={classes.head}>
          <div role="row" aria-rowindex={1} className={classes.row} style={grid}>
            {columns.map((column) => (
              <div key={column.key} role="columnheader" data-align={column.align} className={classes.cell}>
                {column.header}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" style={{ paddingTop: first * rowHeight, paddingBottom: (rows.length - 1 - last) * rowHeight }}>
          {rows.slice(first, last + 1).map((row, i) => (
            <div key={rowKey(row)} role="row" aria-rowindex={first + i + 2} className={classes.row} style={grid}>
              {columns.map((column) => (
                <div key={column.key} role="cell" data-align={column.align} className={classes.cell}>
                  {column.cell(row)}
                </div>
              ))}
            </div>
          ))}
        </div>
      </div>
      {rows.length === 0 && !loading && empty}
      <div className={classes.foot} role="status">
        {loading ? 'Loading…' : ''}
      </div>
    </div>
  );
}
