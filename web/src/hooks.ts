// What components listen to: the client's news, the address, the theme, and answers of the server.
import { Component, h, type ComponentType } from 'preact';
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';
import { ApiError, get, type History, type Query } from './api';
import { client } from './client';
import * as url from './url';

export function useTopic(...topics: Parameters<typeof client.subscribe>[0][]): void {
  const [, again] = useReducer((n: number) => n + 1, 0);
  const key = topics.join(' ');
  useLayoutEffect(() => {
    const ends = topics.map((topic) => client.subscribe(topic, () => again(undefined as never)));
    return () => ends.forEach((end) => end());
  }, [key]);
}

/** Renders again when the list of coins changes, but not more often than given: tables must not jump under the pointer. */
export function useSlowList(every: number): void {
  const [, again] = useReducer((n: number) => n + 1, 0);
  useLayoutEffect(() => {
    let last = 0;
    let timer = 0;
    const end = client.subscribe('list', () => {
      if (timer) return;
      timer = window.setTimeout(
        () => {
          timer = 0;
          last = performance.now();
          again(undefined as never);
        },
        Math.max(0, last + every - performance.now()),
      );
    });
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [every]);
}

/** Renders again when a property is another one, and not whenever what is around it does. */
export function memo<P extends object>(what: ComponentType<P>): ComponentType<P> {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      const now = this.props as Record<string, unknown>;
      return Object.entries(next).some(([key, value]) => now[key] !== value);
    }
    override render() {
      return h(what as ComponentType<object>, this.props as object);
    }
  };
}

// ---- the address

let route = url.parse(location.pathname, location.search);
const routeListeners = new Set<() => void>();

function routeChanged(): void {
  route = url.parse(location.pathname, location.search);
  for (const listener of [...routeListeners]) listener();
}
window.addEventListener('popstate', routeChanged);

export function currentRoute(): url.Route {
  return route;
}

export function useRoute(): url.Route {
  const [, again] = useReducer((n: number) => n + 1, 0);
  useLayoutEffect(() => {
    const listener = (): void => again(undefined as never);
    routeListeners.add(listener);
    return () => void routeListeners.delete(listener);
  }, []);
  return route;
}

/** Goes to another page, which Back undoes. */
export function go(address: string): void {
  const samePage = address.split('?')[0] === location.pathname;
  history.pushState(null, '', address);
  routeChanged();
  if (!samePage) window.scrollTo(0, 0);
}

/** Changes choices of this page; Back leaves the page, not each choice. */
export function choose(changes: Record<string, string | undefined>): void {
  history.replaceState(null, '', url.changed(route, changes));
  routeChanged();
}

// ---- the theme

const dark = matchMedia('(prefers-color-scheme: dark)');
const themeListeners = new Set<() => void>();
dark.addEventListener('change', () => themeListeners.forEach((listener) => listener()));

export type Theme = 'dark' | 'light';

export function theme(): Theme {
  const asked = document.documentElement.dataset['theme'];
  if (asked === 'dark' || asked === 'light') return asked;
  return dark.matches ? 'dark' : 'light';
}

export function applyTheme(chosen: string | null): void {
  if (chosen === 'dark' || chosen === 'light') document.documentElement.dataset['theme'] = chosen;
  else delete document.documentElement.dataset['theme'];
  themeListeners.forEach((listener) => listener());
}

export function useTheme(): Theme {
  const [value, set] = useState(theme());
  useLayoutEffect(() => {
    const listener = (): void => set(theme());
    themeListeners.add(listener);
    listener();
    return () => void themeListeners.delete(listener);
  }, []);
  return value;
}

export const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');

// ---- answers

export interface Answer<T> {
  /** The newest answer; that of the choices before stays until the new one is here. */
  data: T | undefined;
  error: ApiError | undefined;
  loading: boolean;
  /** Whether `data` answers other choices than the present ones. */
  outdated: boolean;
}

/** Asks, asks again when the question changes or `every` milliseconds have gone, and keeps the last good answer meanwhile. */
export function useAnswer<T>(path: string | undefined, query: Query = {}, every?: number): Answer<T> {
  const key = path === undefined ? '' : `${path} ${JSON.stringify(query)}`;
  const [state, set] = useState<{ data?: T; key?: string; error?: ApiError | undefined; loading: boolean }>({ loading: path !== undefined });
  const latest = useRef('');
  latest.current = key;
  useEffect(() => {
    if (path === undefined) return;
    const stop = new AbortController();
    let timer = 0;
    let failures = 0;
    const ask = async (): Promise<void> => {
      set((old) => ({ ...old, loading: true }));
      let next = every;
      try {
        const data = await get<T>(path, query, stop.signal);
        failures = 0;
        if (latest.current === key) set({ data, key, error: undefined, loading: false });
      } catch (error) {
        if (stop.signal.aborted) return;
        const known = error instanceof ApiError ? error : new ApiError(0, String(error));
        set((old) => ({ ...old, error: known, loading: false }));
        // A wrong question stays wrong; a server that is away comes back.
        next = known.status === 0 || known.status >= 429 ? Math.min(30_000, 1000 * 2 ** failures++) : every;
      }
      if (next !== undefined && !stop.signal.aborted) timer = window.setTimeout(() => void (document.hidden || client.paused ? later() : ask()), next);
    };
    const later = (): void => {
      timer = window.setTimeout(() => void (document.hidden || client.paused ? later() : ask()), 1000);
    };
    void ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [key, every]);
  return { data: state.data, error: state.error, loading: state.loading, outdated: state.key !== key };
}

const firsts = new Map<string, number>();

/** Notes when a coin's stored prices begin; returns whether that is news. */
export function learnFirst(symbol: string, first: number | undefined): boolean {
  if (!first || firsts.get(symbol) === first) return false;
  firsts.set(symbol, first);
  return true;
}

/** The range, begun where the coin's prices begin: so that the chart is as fine as it can be. Nothing while that must be asked first. */
export function useStored(symbol: string | undefined, range: url.Range): url.Range | undefined {
  const known = symbol === undefined ? undefined : firsts.get(symbol);
  const ask = symbol !== undefined && range.from === 0 && known === undefined;
  const asked = useAnswer<History>(ask ? `/coins/${encodeURIComponent(symbol)}/history` : undefined, { points: 10 });
  if (symbol !== undefined && asked.data?.symbol === symbol) learnFirst(symbol, asked.data.first);
  const first = known ?? (symbol === undefined ? undefined : firsts.get(symbol));
  if (first !== undefined) return { ...range, from: Math.max(range.from ?? 0, first) };
  return ask && !asked.error && !(asked.data && !asked.outdated) ? undefined : range;
}
