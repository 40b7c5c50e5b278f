// The page's one connection to the server: a snapshot, then events by their ids; what is known, and who wants to hear of it.
import { DELAYED, STALE } from './age';
import { ApiError, get, onUnauthorized, post, type Coin, type Coins, type Info, type MarketSummary, type Pipeline } from './api';
import { emptyView, forgetSequence, takeQuote, takeSnapshot, type View } from './merge';

export type Status = 'connecting' | 'live' | 'delayed' | 'stale' | 'empty' | 'disconnected' | 'paused';

/** Without a word for so long (the server speaks every two seconds) a connection is taken for dead. */
const SILENCE = 12_000;
const REFRESH = 60_000;
const SAMPLES = 450;

export interface Sample {
  time: number;
  consumed: number;
  produced: number;
  lag: number;
}

type Topic = 'info' | 'status' | 'market' | 'list' | 'pipeline' | `coin:${string}`;

export class Client {
  info: Info | undefined;
  view: View = emptyView('', '');
  market: MarketSummary = {};
  loaded = false;
  /** Why nothing is shown, when nothing is. */
  error: ApiError | undefined;
  pipeline: Pipeline | undefined;
  samples: Sample[] = [];
  paused = false;
  /** Symbols with news that a pause holds back. */
  get held(): number {
    return this.heldQuotes.size;
  }
  /** When a price last arrived here, and which coin's. */
  newest = 0;

  private listeners = new Map<string, Set<() => void>>();
  private dirty = new Set<Topic>();
  private scheduled = false;
  private source: EventSource | undefined;
  private open = false;
  private everOpen = false;
  private heard = 0;
  private attempts = 0;
  private received = 0;
  private heldQuotes = new Map<string, [number, Coin]>();
  private buffered: [number, Coin][] | undefined;
  private timers = { start: 0, connect: 0 };
  private offset = 0;
  private wanted = '';
  private lastRefresh = 0;
  private loading: AbortController | undefined;

  constructor() {
    onUnauthorized(() => {
      if (!this.info || this.info.login === 'required') return;
      this.info = { ...this.info, login: 'required' };
      this.disconnect();
      this.notify('info');
    });
    setInterval(() => this.tick(), 1000);
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.flush();
    });
  }

  // ---- listening

  subscribe(topic: Topic, listener: () => void): () => void {
    let set = this.listeners.get(topic);
    if (!set) this.listeners.set(topic, (set = new Set()));
    set.add(listener);
    return () => {
      set.delete(listener);
      if (set.size === 0) this.listeners.delete(topic);
    };
  }

  /** Changes are told once a frame; in a hidden page, where there are no frames, once it is seen again. */
  private notify(topic: Topic): void {
    this.dirty.add(topic);
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => this.flush());
  }

  private flush(): void {
    this.scheduled = false;
    const dirty = [...this.dirty];
    this.dirty.clear();
    for (const topic of dirty) for (const listener of [...(this.listeners.get(topic) ?? [])]) listener();
  }

  // ---- what is known

  /** The server's clock. */
  now(): number {
    return Date.now() + this.offset;
  }

  get status(): Status {
    if (!this.loaded || !this.everOpen) return this.error ? 'disconnected' : 'connecting';
    if (!this.open) return 'disconnected';
    if (this.paused) return 'paused';
    if (this.view.coins.size === 0) return 'empty';
    const age = this.now() - this.newest;
    return age < DELAYED ? 'live' : age < STALE ? 'delayed' : 'stale';
  }

  coin(symbol: string): Coin | undefined {
    return this.view.coins.get(symbol);
  }

  // ---- beginning

  /** Reads everything and follows the stream; called again after a login, and when the currency changes. */
  async start(currency: string | undefined): Promise<void> {
    clearTimeout(this.timers.start);
    try {
      this.info = await get<Info>('/info');
      this.offset = this.info.server_time - Date.now();
      this.notify('info');
      if (this.info.login === 'required') return;
      this.wanted = currency && this.info.currencies.includes(currency) ? currency : this.info.currency;
      this.view.stored = this.info.currency;
      await this.load();
      this.connect();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        this.info ??= { title: 'cryptostream', version: '', currencies: [], currency: '', live: false, pages: [], login: 'required', server_time: Date.now() };
        this.notify('info');
        return;
      }
      this.error = error instanceof ApiError ? error : new ApiError(0, String(error));
      this.notify('list');
      this.timers.start = window.setTimeout(() => void this.start(currency), this.backoff());
    }
    this.notify('status');
  }

  async login(user: string, password: string, currency: string | undefined): Promise<void> {
    await post('/login', { user, password });
    await this.start(currency);
  }

  async logout(): Promise<void> {
    await post('/logout', {});
    location.reload();
  }

  async setCurrency(currency: string | undefined): Promise<void> {
    const wanted = currency && this.info?.currencies.includes(currency) ? currency : (this.info?.currency ?? '');
    if (!this.loaded || wanted === this.wanted) return;
    this.wanted = wanted;
    await this.load().catch(() => {});
  }

  /** Reads the snapshot. Events that come meanwhile wait for it. */
  private async load(): Promise<void> {
    this.loading?.abort();
    const loading = (this.loading = new AbortController());
    this.buffered ??= [];
    try {
      const coins = await get<Coins>('/coins', { currency: this.wanted }, loading.signal);
      const before = this.loaded ? this.view.coins.size : -1;
      for (const symbol of takeSnapshot(this.view, coins)) this.notify(`coin:${symbol}`);
      this.market = coins.market;
      this.received = Math.max(this.received, coins.sequence);
      this.loaded = true;
      this.error = undefined;
      this.lastRefresh = performance.now();
      this.newest = 0;
      for (const coin of this.view.coins.values()) this.newest = Math.max(this.newest, coin.time);
      if (before !== this.view.coins.size) this.notify('info');
      for (const topic of ['list', 'market', 'status'] as const) this.notify(topic);
    } finally {
      if (this.loading === loading) {
        const events = this.buffered ?? [];
        this.buffered = undefined;
        for (const [id, coin] of events) this.quote(id, coin);
      }
    }
  }

  // ---- the stream

  private connect(): void {
    this.disconnect();
    const source = (this.source = new EventSource(`/api/v1/stream?last_event_id=${this.received}`));
    const heard = (): void => {
      this.heard = performance.now();
      this.attempts = 0;
    };
    source.onopen = () => {
      heard();
      this.open = this.everOpen = true;
      this.notify('status');
    };
    source.onerror = () => this.lost();
    source.addEventListener('quote', (event) => {
      heard();
      this.quote(Number(event.lastEventId), JSON.parse(event.data) as Coin);
    });
    source.addEventListener('pipeline', (event) => {
      heard();
      if (Number(event.lastEventId) > this.received) this.received = Number(event.lastEventId);
      this.takePipeline(JSON.parse(event.data) as Pipeline);
    });
    source.addEventListener('reset', () => {
      heard();
      this.received = 0;
      this.heldQuotes.clear();
      forgetSequence(this.view);
      void this.load().catch(() => this.lost());
    });
  }

  private disconnect(): void {
    this.source?.close();
    this.source = undefined;
    clearTimeout(this.timers.connect);
  }

  private lost(): void {
    this.disconnect();
    this.open = false;
    this.everOpen = true;
    this.notify('status');
    this.timers.connect = window.setTimeout(() => void this.again(), this.backoff());
  }

  /** What the server is may have changed while it was away. */
  private async again(): Promise<void> {
    try {
      const info = await get<Info>('/info');
      this.offset = info.server_time - Date.now();
      this.info = info;
      this.notify('info');
      if (info.login === 'required') return;
      this.connect();
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 401)) this.lost();
    }
  }

  /** From a quarter of a second to five, never all clients at once. */
  private backoff(): number {
    return Math.min(5000, 250 * 2 ** this.attempts++) * (0.75 + Math.random() / 2);
  }

  private quote(id: number, coin: Coin): void {
    if (id > this.received) this.received = id;
    if (this.buffered) {
      this.buffered.push([id, coin]);
      return;
    }
    if (this.paused) {
      const old = this.heldQuotes.get(coin.symbol);
      this.heldQuotes.set(coin.symbol, [id, old ? { ...old[1], ...coin } : coin]);
      this.notify('status');
      return;
    }
    const known = this.view.coins.has(coin.symbol);
    if (!takeQuote(this.view, id, coin)) return;
    this.newest = Math.max(this.newest, coin.time);
    this.notify(`coin:${coin.symbol}`);
    this.notify('list');
    if (!known) this.notify('info');
  }

  private takePipeline(pipeline: Pipeline): void {
    const sum = (value: (a: Pipeline['applications'][number]) => number | undefined): number =>
      pipeline.applications.reduce((all, a) => all + (value(a) ?? 0), 0);
    this.samples.push({
      time: this.now(),
      consumed: sum((a) => a.consumed_per_second),
      produced: sum((a) => a.produced_per_second),
      lag: sum((a) => a.lag?.reduce((all, l) => all + l.records, 0)),
    });
    if (this.samples.length > SAMPLES) this.samples.splice(0, this.samples.length - SAMPLES);
    if (this.paused) return;
    this.pipeline = pipeline;
    this.notify('pipeline');
  }

  setPaused(paused: boolean): void {
    if (paused === this.paused) return;
    this.paused = paused;
    if (!paused) {
      const held = [...this.heldQuotes.values()].sort((a, b) => a[0] - b[0]);
      this.heldQuotes.clear();
      for (const [id, coin] of held) this.quote(id, coin);
      this.lastRefresh = -Infinity;
    }
    this.notify('status');
  }

  private tick(): void {
    this.notify('status');
    if (!this.open || !this.loaded) return;
    if (performance.now() - this.heard > SILENCE) {
      this.lost();
      return;
    }
    // Changes over an hour or a day, sparklines and the market's sums are not in the events.
    if (!this.paused && !document.hidden && performance.now() - this.lastRefresh > REFRESH) {
      this.lastRefresh = performance.now();
      void this.load().catch(() => {});
    }
  }
}

export const client = new Client();
