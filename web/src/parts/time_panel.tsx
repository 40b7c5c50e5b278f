// A panel with lines over time: legend that follows the crosshair, keys to move and zoom, table, CSV and PNG of what is seen.
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../api';
import type { Line, TimeChart } from '../charts/time';
import * as format from '../format';
import { useTheme } from '../hooks';
import type { Sheet } from '../sheet';
import { Panel } from './panel';

interface Props {
  name: string;
  title: string;
  note?: ComponentChildren;
  tools?: ComponentChildren;
  lines: Line[];
  log?: boolean;
  /** When this changes the whole range is shown again. */
  fit: string;
  heights?: number[];
  height: number;
  /** As high as the room there is, and at least `height`. */
  fill?: boolean;
  loading?: boolean;
  outdated?: boolean;
  empty?: string | false | undefined;
  error?: ApiError | undefined;
  legend?: boolean;
  class?: string;
  /** Given the chart once it is there, for updates in place. */
  onChart?: (chart: TimeChart | undefined) => void;
  remove?: (key: string) => void;
}

const text = (value: number): string => String(value);

/** The points of all lines that are in the range, by time, newest first. */
function sheetOf(lines: Line[], visible: [number, number] | undefined): Sheet {
  const columns = ['Time (UTC)'];
  const table = new Map<number, string[]>();
  let width = 0;
  for (const line of lines) {
    const names = line.kind === 'candles' ? ['open', 'high', 'low', 'close'].map((part) => `${line.name} ${part}`) : [line.name];
    columns.push(...names);
    for (const [time = 0, ...values] of line.data) {
      if (visible && (time < visible[0] - 999 || time > visible[1] + 999)) continue;
      let row = table.get(time);
      if (!row) table.set(time, (row = []));
      while (row.length < width) row.push('');
      row.push(...values.slice(0, names.length).map(text));
    }
    width += names.length;
  }
  const rows = [...table.entries()].sort((a, b) => b[0] - a[0]).map(([time, values]) => {
    while (values.length < width) values.push('');
    return [format.time(time), ...values];
  });
  return { columns, rows };
}

/** The last point at or before the time; the last of all without one. */
function at(line: Line, time: number | undefined): number[] | undefined {
  if (time === undefined) return line.data.at(-1);
  let low = 0;
  let high = line.data.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((line.data[middle]?.[0] ?? 0) <= time + 999) low = middle + 1;
    else high = middle;
  }
  return line.data[low - 1];
}

export function TimePanel(props: Props) {
  const { lines, fit, log = false, heights } = props;
  const theme = useTheme();
  const root = useRef<HTMLDivElement>(null);
  const chart = useRef<TimeChart | undefined>(undefined);
  const [ready, setReady] = useState(false);
  const [over, setOver] = useState<number>();
  const latest = useRef({ lines, fit, log, heights });
  latest.current = { lines, fit, log, heights };

  const apply = (): void => {
    const { lines, fit, log, heights } = latest.current;
    const data = lines.find((line) => line.data.length > 1)?.data;
    const step = data ? (data[1]?.[0] ?? 0) - (data[0]?.[0] ?? 0) : 0;
    chart.current?.set(lines, { log, fit, heights: heights ?? [], seconds: step > 0 && step < 60_000 });
  };

  useEffect(() => {
    let gone = false;
    void import('../charts/time').then(({ TimeChart }) => {
      if (gone || !root.current) return;
      chart.current = new TimeChart(root.current, setOver);
      apply();
      props.onChart?.(chart.current);
      setReady(true);
    });
    return () => {
      gone = true;
      props.onChart?.(undefined);
      chart.current?.remove();
      chart.current = undefined;
    };
  }, []);
  useEffect(apply, [lines, fit, log, heights]);
  useEffect(() => chart.current?.paint(), [theme]);

  const keys = (event: KeyboardEvent): void => {
    const act: Record<string, () => void> = {
      ArrowLeft: () => chart.current?.move(-0.1),
      ArrowRight: () => chart.current?.move(0.1),
      '+': () => chart.current?.zoom(1 / 1.25),
      '=': () => chart.current?.zoom(1 / 1.25),
      '-': () => chart.current?.zoom(1.25),
      Home: () => chart.current?.whole(),
    };
    const action = act[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  };

  const summary = useMemo(() => {
    const parts = lines.slice(0, 4).map((line) => {
      const value = line.data.at(-1)?.at(-1);
      return value === undefined ? line.name : `${line.name} ${(line.format ?? format.number)(value)}`;
    });
    return `${props.title}: ${parts.join(', ') || 'no data'}. Arrow keys move, plus and minus zoom, Home shows all; the table has the values.`;
  }, [lines, props.title]);

  const legend = props.legend !== false && lines.length > 0 && (
    <div class="legend" aria-hidden="true">
      <span class="legend-time">{over === undefined ? 'latest' : format.time(over, false)}</span>
      {lines.map((line) => {
        const point = at(line, over);
        const show = line.format ?? ((value: number) => format.number(value));
        return (
          <span key={line.key} class="legend-item">
            <i class="dot" style={{ background: line.colour }} />
            <b>{line.name}</b>
            {line.kind === 'candles' && point
              ? ['O', 'H', 'L', 'C'].map((letter, i) => <span key={letter}><em>{letter}</em>{show(point[i + 1] ?? NaN)}</span>)
              : <span>{point ? show(point[1] ?? NaN) : '–'}</span>}
          </span>
        );
      })}
    </div>
  );

  return (
    <Panel
      {...props}
      legend={legend}
      sheet={() => sheetOf(lines, chart.current?.visible())}
      picture={() => chart.current?.picture()}
    >
      <div
        ref={root}
        class={`chart${ready ? ' ready' : ''}`}
        style={props.fill ? { minHeight: `${props.height}px` } : { height: `${props.height}px` }}
        role="group"
        tabIndex={0}
        aria-label={summary}
        onKeyDown={keys}
        onDblClick={() => chart.current?.whole()}
      />
    </Panel>
  );
}
