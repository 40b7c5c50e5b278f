// Times, ages, percentages and plain numbers as people read them. All times are UTC, and say so.
import { group, round } from './decimal';

const pad = (n: number, width = 2): string => String(n).padStart(width, '0');

/** 2026-11-24 12:33:10 */
export function time(ms: number, seconds = true): string {
  const d = new Date(ms);
  const clock = `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}`;
  return `${date(ms)} ${clock}${seconds ? `:${pad(d.getUTCSeconds())}` : ''}`;
}

export function date(ms: number): string {
  const d = new Date(ms);
  return `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())}`;
}

/** How long ago, in one unit: now, 12 s, 4 min, 3 h, 2 d. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 1) return 'now';
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

/** Seconds as 3 d 4 h, 5 min 12 s. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

/** A length of time given in milliseconds, as an interval is called: 1 min, 4 h, 1 d. */
export function interval(ms: number): string {
  const units: [number, string][] = [[86400000, 'd'], [3600000, 'h'], [60000, 'min'], [1000, 's']];
  for (const [unit, name] of units) if (ms >= unit && ms % unit === 0) return `${ms / unit} ${name}`;
  for (const [unit, name] of units) if (ms >= unit) return `${(ms / unit).toFixed(1)} ${name}`;
  return `${ms} ms`;
}

export type Direction = 'up' | 'down' | 'flat';

/** Per cent with two decimals and a sign, from an exact text or a number; and which way it points. */
export function percent(value: string | number | undefined, decimals = 2): { text: string; direction: Direction } {
  if (value === undefined || value === null) return { text: '–', direction: 'flat' };
  const rounded = round(typeof value === 'number' ? value.toFixed(8) : value, decimals);
  const number = Number(rounded);
  if (!Number.isFinite(number)) return { text: '–', direction: 'flat' };
  if (number === 0) return { text: '0.00 %', direction: 'flat' };
  const [whole = '', fraction = ''] = rounded.replace('-', '').split('.');
  return {
    text: `${number > 0 ? '+' : '−'}${group(whole)}.${fraction.padEnd(decimals, '0')} %`,
    direction: number > 0 ? 'up' : 'down',
  };
}

/** A point of a chart or a statistic: as many digits as its size calls for. */
export function number(value: number | null | undefined, digits?: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const decimals = digits ?? (size >= 100 ? 2 : size >= 1 ? 4 : size === 0 ? 2 : Math.min(12, 3 - Math.floor(Math.log10(size))));
  return group(value.toFixed(decimals)).replace('-', '−');
}

export function count(value: number | undefined): string {
  return value === undefined ? '–' : group(String(Math.round(value)));
}

/** A latency in seconds, with its unit. */
export function latency(seconds: number | undefined): string {
  if (seconds === undefined) return '–';
  if (seconds < 0.001) return `${(seconds * 1e6).toFixed(0)} µs`;
  if (seconds < 1) return `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms`;
  return `${seconds.toFixed(2)} s`;
}
