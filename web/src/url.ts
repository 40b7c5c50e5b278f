// Every choice is in the address: the page as its path, the rest as its query. Defaults are left out.

export interface Route {
  page: string;
  symbol?: string;
  query: URLSearchParams;
}

export function parse(pathname: string, search: string): Route {
  const parts = pathname.split('/').filter(Boolean);
  const query = new URLSearchParams(search);
  const page = parts[0] ?? 'overview';
  if (page === 'coin') {
    let symbol = parts[1] ?? '';
    try {
      symbol = decodeURIComponent(symbol);
    } catch {
      symbol = '';
    }
    return symbol ? { page, symbol, query } : { page, query };
  }
  return { page, query };
}

export function path(page: string, symbol?: string): string {
  if (page === 'overview') return '/';
  return page === 'coin' && symbol ? `/coin/${encodeURIComponent(symbol)}` : `/${page}`;
}

/** Choices that hold on every page, and so travel along. */
const EVERYWHERE = ['currency', 'theme'];

/** The address of another page, with the choices that travel along. */
export function link(route: Route, page: string, symbol?: string): string {
  const kept = new URLSearchParams();
  const names = page === 'coin' && route.page === 'coin' ? [...route.query.keys()] : EVERYWHERE;
  for (const name of names) {
    const value = route.query.get(name);
    if (value !== null) kept.set(name, value);
  }
  const text = write(kept);
  return path(page, symbol) + (text ? `?${text}` : '');
}

function write(query: URLSearchParams): string {
  // Commas may stay: lists of coins are read by people.
  return query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
}

/** The same page with some choices changed; undefined or '' takes a choice back. */
export function changed(route: Route, changes: Record<string, string | undefined>): string {
  const query = new URLSearchParams(route.query);
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined || value === '') query.delete(key);
    else query.set(key, value);
  }
  const text = write(query);
  return path(route.page, route.symbol) + (text ? `?${text}` : '');
}

export function list(route: Route, name: string): string[] {
  return (route.query.get(name) ?? '').split(',').filter(Boolean);
}

export const HOUR = 3600000;
export const RANGES: Record<string, number> = { '1H': HOUR, '24H': 24 * HOUR, '7D': 168 * HOUR, '30D': 720 * HOUR, '1Y': 8766 * HOUR, All: 0 };

export interface Range {
  from: number | undefined;
  to: number | undefined;
  name: string | undefined;
}

/** The range of an address: two times, or a preset that ends now. */
export function range(route: Route, now: number, preset = '24H'): Range {
  const from = Date.parse(`${route.query.get('from') ?? ''}Z`);
  const to = Date.parse(`${route.query.get('to') ?? ''}Z`);
  if (!Number.isNaN(from) || !Number.isNaN(to)) {
    return { from: Number.isNaN(from) ? 0 : from, to: Number.isNaN(to) ? undefined : to, name: undefined };
  }
  const asked = route.query.get('range') ?? preset;
  const name = Object.hasOwn(RANGES, asked) ? asked : preset;
  return { from: name === 'All' ? 0 : now - (RANGES[name] ?? 0), to: undefined, name };
}
