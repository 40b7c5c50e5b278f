// A sparkline, and the small figures of a coin.
import { colourOf } from '../colours';
import * as format from '../format';

export function Spark({ values, width = 116, height = 32 }: { values: number[] | undefined; width?: number; height?: number }) {
  if (!values || values.length < 2) return <span class="none">–</span>;
  const low = Math.min(...values);
  const spread = Math.max(...values) - low || 1;
  const x = (i: number): string => ((i / (values.length - 1)) * width).toFixed(1);
  const y = (value: number): string => (height - 3 - ((value - low) / spread) * (height - 6)).toFixed(1);
  const line = values.map((value, i) => `${i ? 'L' : 'M'}${x(i)} ${y(value)}`).join('');
  const rose = (values.at(-1) ?? 0) >= (values[0] ?? 0);
  return (
    <svg class={`spark ${rose ? 'up' : 'down'}`} viewBox={`0 0 ${width} ${height}`} width={width} height={height} preserveAspectRatio="none" aria-hidden="true">
      <path class="fill" d={`${line}L${width} ${height}L0 ${height}Z`} />
      <path class="line" d={line} />
    </svg>
  );
}

const ARROWS = { up: '▲', down: '▼', flat: '' };

/** A percentage that says by arrow, sign and colour which way it went. */
export function Change({ value, decimals }: { value: string | number | undefined; decimals?: number }) {
  const { text, direction } = format.percent(value, decimals);
  return (
    <span class={`change ${direction}`}>
      {ARROWS[direction] && <span class="arrow" aria-hidden="true">{ARROWS[direction]}</span>}
      {text}
    </span>
  );
}

/** A coin's mark: its colour and first letters, the same everywhere. */
export function Mark({ symbol }: { symbol: string }) {
  return (
    <span class="mark" style={{ '--coin': colourOf(symbol) }} aria-hidden="true">
      {symbol.slice(0, symbol.length > 4 ? 1 : 4)}
    </span>
  );
}
