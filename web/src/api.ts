// What the server answers (docs/dashboard-api.yaml), and how it is asked.

export interface Info {
  title: string;
  logo?: string;
  version: string;
  store?: string;
  currencies: string[];
  currency: string;
  live: boolean;
  simulated?: boolean;
  pages: string[];
  login: 'none' | 'required' | 'done';
  user?: string;
  server_time: number;
}

export interface Coin {
  symbol: string;
  name?: string;
  source?: string;
  rank?: number;
  price: string;
  time: number;
  percent_change_1h?: string;
  percent_change_24h?: string;
  percent_change_7d?: string;
  percent_change_30d?: string;
  volume_24h?: string;
  market_cap?: string;
  market_cap_dominance?: string;
  circulating_supply?: string;
  max_supply?: string;
  sparkline?: number[];
  rates?: Record<string, string>;
}

export interface MarketSummary {
  market_cap?: string;
  volume_24h?: string;
  coins?: number;
  change_24h?: number;
  dominance?: { symbol: string; percent: number }[];
}

export interface Coins {
  currency: string;
  sequence: number;
  market: MarketSummary;
  coins: Coin[];
}

/** [start, open, high, low, close, volume or null] */
export type Candle = [number, number, number, number, number, number | null];
export type Points = [number, number][];

export interface History {
  symbol: string;
  currency: string;
  interval: number;
  first: number;
  last: number;
  candles: Candle[];
  indicators?: Record<string, Points>;
}

export interface Changes {
  symbol: string;
  series: Record<string, Points>;
}

export interface Statistics {
  count: number;
  mean?: number;
  median?: number;
  standard_deviation?: number;
  min?: string;
  max?: string;
  first?: string;
  last?: string;
  return?: number;
  volatility?: number;
}

export interface Dominance {
  times: number[];
  series: Record<string, (number | null)[]>;
}

export interface Exchange {
  id: string;
  name?: string;
  rank?: number;
  volume_usd?: string;
  percent_total_volume?: string;
  trading_pairs?: number;
  time?: number;
}

export interface TopologyNode {
  name: string;
  kind: 'source' | 'processor' | 'sink' | 'topic';
  after?: string[];
}

export interface ApplicationState {
  id: string;
  topology?: string;
  nodes?: TopologyNode[];
  state?: string;
  records_consumed?: number;
  records_produced?: number;
  records_dropped?: number;
  dead_letters?: number;
  consumed_per_second?: number;
  produced_per_second?: number;
  lag?: { topic: string; partition: number; records: number }[];
}

export interface Pipeline {
  uptime: number;
  checks: { name: string; ok: boolean; message?: string }[];
  applications: ApplicationState[];
  sources: { name: string; up?: boolean; records?: number; failures?: number; age?: number; requests_left?: number }[];
  sinks: { name: string; records?: number; failures?: number; last_success?: number; latency_p50?: number; latency_p99?: number }[];
}

/** An answer that is not 2xx, or none at all (status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

let unauthorized: () => void = () => {};

/** Called whenever the server wants a login. */
export function onUnauthorized(then: () => void): void {
  unauthorized = then;
}

async function failure(response: Response): Promise<ApiError> {
  let message = `the server answered ${response.status}`;
  try {
    const body = (await response.json()) as { error?: { message?: string } };
    if (body.error?.message) message = body.error.message;
  } catch {
    // Not ours: a proxy's page. The status says enough.
  }
  const retry = Number(response.headers.get('Retry-After'));
  return new ApiError(response.status, message, retry > 0 ? retry : undefined);
}

async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ApiError(0, 'the server does not answer');
  }
  if (response.ok) return response;
  if (response.status === 401 && path !== '/login') unauthorized();
  throw await failure(response);
}

export type Query = Record<string, string | number | undefined>;

export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined && value !== '') search.set(key, String(value));
  const text = search.toString();
  const response = await send(text ? `${path}?${text}` : path, { signal: signal ?? null, headers: { Accept: 'application/json' } });
  return (await response.json()) as T;
}

export async function post(path: string, body: unknown): Promise<void> {
  await send(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}
