import { Button, useComputedColorScheme } from '@mantine/core';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import classes from './Chart.module.css';
import { formatClock, formatRate } from './format';

const tableRows = 30;
const leastSeconds = 60;

/** At least a minute, so that the first values do not fill the width. */
function rangeOf(times: ArrayLike<number>): [number, number] {
  const last = times[times.length - 1] ?? Date.now() / 1000;
  return [Math.min(times[0] ?? last, last - leastSeconds), last];
}

export interface ChartProps {
  title: string;
  /** What the values count, as "calls a second". */
  unit: string;
  /** Seconds since 1970, rising. */
  times: readonly number[];
  /** One for each time; null where nothing was measured. */
  values: readonly (number | null)[];
  /** Name of the CSS variable of the line's colour. */
  colour?: string;
  height?: number;
}

/** One quantity over time. The drawing is for eyes only: the latest value stands in the caption and all values in a table. */
export function Chart({ title, unit, times, values, colour = '--ev-series-1', height = 140 }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const scheme = useComputedColorScheme('light');
  const [asTable, setAsTable] = useState(false);
  const tableId = useId();
  const data = useMemo<uPlot.AlignedData>(() => [times as number[], values as (number | null)[]], [times, values]);
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const css = getComputedStyle(document.documentElement);
    const token = (name: string) => css.getPropertyValue(name).trim();
    const axis: uPlot.Axis = {
      stroke: token('--ev-muted'),
      grid: { stroke: token('--ev-line'), width: 1 },
      ticks: { show: false },
      font: '11px system-ui, sans-serif',
    };
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: false },
        cursor: { drag: { x: false, y: false } },
        padding: [8, 8, 0, 0],
        scales: {
          x: { range: ({ data: [shown] }) => rangeOf(shown) },
          y: { range: (_, __, most) => [0, Math.max(1, (most ?? 0) * 1.1)] },
        },
        axes: [
          { ...axis, size: 24, space: 90, values: (_, splits) => splits.map((time) => formatClock(time * 1000)) },
          { ...axis, size: 44 },
        ],
        series: [{}, { label: title, stroke: token(colour), fill: `${token(colour)}22`, width: 1.5, points: { show: false } }],
      },
      latest.current,
      element,
    );
    plot.current = chart;
    const resized = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [scheme, title, colour, height]);

  useEffect(() => plot.current?.setData(data), [data]);

  const now = values.at(-1) ?? undefined;
  return (
    <figure className={classes.figure}>
      <figcaption className={classes.caption}>
        <span>
          {title} <strong>{formatRate(now)}</strong> <span className={classes.unit}>{unit}</span>
        </span>
        <Button size="compact-xs" variant="subtle" aria-expanded={asTable} aria-controls={tableId} onClick={() => setAsTable(!asTable)}>
          {asTable ? 'Hide table' : 'As a table'}
        </Button>
      </figcaption>
      <div ref={place} aria-hidden style={{ height }} />
      <div id={tableId}>
        {asTable && (
          <div className={classes.values} tabIndex={0} role="region" aria-label={`${title}, values`}>
            <table>
              <thead>
                <tr>
                  <th scope="col">Time</th>
                  <th scope="col">{unit}</th>
                </tr>
              </thead>
              <tbody>
                {times
                  .slice(-tableRows)
                  .map((time, i, shown) => (
                    <tr key={time}>
                      <td>{formatClock(time * 1000)}</td>
                      <td>{formatRate(values[values.length - shown.length + i] ?? undefined)}</td>
                    </tr>
                  ))
                  .reverse()}
              </tbody>
            </table>
          </div>
        )}
      </div>
    </figure>
  );
}
