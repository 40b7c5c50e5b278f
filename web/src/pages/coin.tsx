// One coin: its price over time with volume and indicators, beside others, in any currency; its figures and how they changed.
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ApiError, get, type Changes, type Coin, type Dominance, type History, type Statistics } from '../api';
import type { Line, TimeChart } from '../charts/time';
import { client } from '../client';
import { colourOf, faded, themeColour } from '../colours';
import * as decimal from '../decimal';
import * as format from '../format';
import { choose, go, learnFirst, useAnswer, useRoute, useStored, useTheme, useTopic } from '../hooks';
import { Combo } from '../parts/combo';
import { Icon } from '../parts/icon';
import { Menu } from '../parts/menu';
import { Overlay } from '../parts/panel';
import { Change, Mark } from '../parts/spark';
import { TimePanel } from '../parts/time_panel';
import * as url from '../url';
import { LivePrice } from './overview';

const INTERVALS: [string, number][] = [['1m', 60_000], ['5m', 300_000], ['15m', 900_000], ['1h', url.HOUR], ['4h', 4 * url.HOUR], ['1d', 24 * url.HOUR], ['1w', 168 * url.HOUR]];
const INDICATORS: [string, string][] = [
  ['sma:20', 'Mean of 20'], ['ema:50', 'Exponential mean of 50'], ['bollinger:20-2', 'Bollinger 20, 2'], ['vwap', 'Volume-weighted mean'],
  ['rsi:14', 'RSI 14'], ['macd:12-26-9', 'MACD 12, 26, 9'], ['volatility:20', 'Volatility of 20'],
];
const COMPARED = 5;
const POINTS = 600;

/** A time that stands still for `step`, so that questions which end now are asked again, but not at every glance. */
function useNow(step: number): number {
  const [now, set] = useState(() => Math.floor(client.now() / step) * step);
  useEffect(() => {
    const write = (): void => {
      if (!client.paused && !document.hidden) set(Math.floor(client.now() / step) * step);
    };
    write();
    return client.subscribe('status', write);
  }, [step]);
  return now;
}

/** Ranges that end now are asked again each minute. */
const every = (range: url.Range): number | undefined => (range.to === undefined ? 60_000 : undefined);

function useSymbol(): string | undefined {
  const route = useRoute();
  useTopic('info');
  if (route.symbol) return route.symbol;
  return [...client.view.coins.values()].sort((a, b) => (a.rank ?? 1e9) - (b.rank ?? 1e9) || (a.symbol < b.symbol ? -1 : 1))[0]?.symbol;
}

export function CoinPage() {
  const symbol = useSymbol();
  useTopic('info', 'market');
  if (!symbol) return <Overlay icon="empty" title="No coins yet" text="They appear by themselves as soon as the pipeline writes the first prices." />;
  if (client.loaded && !client.coin(symbol)) {
    return (
      <div class="lonely">
        <h1 class="unseen">No such coin</h1>
        <Overlay icon="search" title={`There is no coin ${symbol} here`} text="Choose one of those that are:" />
        <Combo label="Choose a coin" placeholder="Find a coin" chosen={(other) => go(url.link(url.parse('/', ''), 'coin', other))} />
      </div>
    );
  }
  return <Whole key={symbol} symbol={symbol} />;
}

function Whole({ symbol }: { symbol: string }) {
  const route = useRoute();
  const length = url.range(route, 0).name ?? '24H';
  const now = useNow(length === '1H' ? 15_000 : 60_000);
  const [, again] = useState(0);
  const chosen = url.range(route, now);
  const stored = useStored(symbol, chosen);
  const range = stored ?? chosen;
  // Nothing is asked while it is not known where the prices begin.
  const asked = stored && `/coins/${encodeURIComponent(symbol)}`;
  const statistics = useAnswer<Statistics>(asked && `${asked}/statistics`, { from: range.from, to: range.to, currency: client.view.currency }, every(range));

  return (
    <div class="coin-page">
      <Heading symbol={symbol} />
      <Toolbar range={chosen} />
      <div class="coin-grid">
        <PriceChart symbol={symbol} range={range} asked={asked} learned={() => again((n) => n + 1)} />
        <aside class="facts" aria-label={`Figures of ${symbol}`}>
          <Metrics symbol={symbol} />
          <StatisticsPanel answer={statistics} range={range} />
        </aside>
      </div>
      <ChangeCharts symbol={symbol} range={range} asked={asked} />
      <div class="pair">
        <Hourly symbol={symbol} />
        <DominanceOf symbol={symbol} range={range} asked={asked} />
      </div>
    </div>
  );
}

function Heading({ symbol }: { symbol: string }) {
  useTopic(`coin:${symbol}`);
  const route = useRoute();
  const coin = client.coin(symbol);
  if (!coin) return null;
  const changes: [string, string | undefined][] = [['1h', coin.percent_change_1h], ['24h', coin.percent_change_24h], ['7d', coin.percent_change_7d], ['30d', coin.percent_change_30d]];
  return (
    <div class="heading">
      <div class="who">
        <Mark symbol={symbol} />
        <h1>{coin.name ?? symbol} <span>{symbol}</span></h1>
        {coin.rank !== undefined && <span class="badge">#{coin.rank}</span>}
        <Combo label="Show another coin" placeholder="Another coin" chosen={(other) => go(url.link(route, 'coin', other))} />
      </div>
      <div class="now">
        <LivePrice symbol={symbol} big /> <span class="currency">{client.view.currency}</span>
        <span class="changes">
          {changes.filter(([, value]) => value !== undefined).map(([name, value]) => <span key={name}><small>{name}</small><Change value={value} /></span>)}
        </span>
      </div>
    </div>
  );
}

// ---- choices

function Segments({ label, value, options, onChoose }: { label: string; value: string | undefined; options: [string, string][]; onChoose: (value: string) => void }) {
  return (
    <div class="segments" role="group" aria-label={label}>
      {options.map(([key, text]) => (
        <button key={key} type="button" aria-pressed={key === value} onClick={() => onChoose(key)}>{text}</button>
      ))}
    </div>
  );
}

export function RangePicker({ range, preset = '24H', dates = true }: { range: url.Range; preset?: string; dates?: boolean }) {
  const route = useRoute();
  const local = (ms: number | undefined): string => (ms ? new Date(ms).toISOString().slice(0, 16) : '');
  return (
    <>
      <Segments label="Range" value={range.name} options={Object.keys(url.RANGES).map((name) => [name, name])}
        onChoose={(name) => choose({ range: name === preset ? undefined : name, from: undefined, to: undefined })} />
      {dates && (
        <Menu class={`dates${range.name ? '' : ' chosen'}`} label={range.name ? 'Dates' : `${(route.query.get('from') ?? 'begin').replace('T', ' ')} – ${(route.query.get('to') ?? 'now').replace('T', ' ')}`}>
            <label><span>From (UTC)</span><input type="datetime-local" name="from" value={route.query.get('from') ?? local(range.from)} onChange={(event) => choose({ from: event.currentTarget.value || undefined, range: undefined })} /></label>
            <label><span>To (UTC)</span><input type="datetime-local" name="to" value={route.query.get('to') ?? ''} onChange={(event) => choose({ to: event.currentTarget.value || undefined, from: route.query.get('from') ?? local(range.from), range: undefined })} /></label>
            <small>Without an end it is now.</small>
        </Menu>
      )}
    </>
  );
}

function Toolbar({ range }: { range: url.Range }) {
  const route = useRoute();
  const symbol = route.symbol;
  const compare = url.list(route, 'compare');
  const indicators = url.list(route, 'indicators');
  const set = (name: string, values: string[]): void => choose({ [name]: values.join(',') || undefined });
  return (
    <div class="toolbar" role="group" aria-label="What the chart shows">
      <RangePicker range={range} />
      <label class="field"><span>Interval</span>
        <select value={route.query.get('interval') ?? ''} onChange={(event) => choose({ interval: event.currentTarget.value || undefined })}>
          <option value="">auto</option>
          {INTERVALS.map(([name]) => <option key={name} value={name}>{name}</option>)}
        </select>
      </label>
      <Segments label="Form" value={compare.length ? undefined : (route.query.get('chart') ?? 'candles')} options={[['candles', 'Candles'], ['line', 'Line']]}
        onChoose={(value) => choose({ chart: value === 'candles' ? undefined : value, compare: undefined })} />
      <button type="button" class="toggle" aria-pressed={route.query.get('scale') === 'log'} onClick={() => choose({ scale: route.query.get('scale') === 'log' ? undefined : 'log' })}>Log</button>
      <Menu label={<>Indicators{indicators.length > 0 && <span class="count">{indicators.length}</span>}</>}>
          {INDICATORS.map(([key, name]) => (
            <label key={key}>
              <input type="checkbox" checked={indicators.includes(key)} onChange={(event) => set('indicators', event.currentTarget.checked ? [...indicators, key] : indicators.filter((i) => i !== key))} />
              {name}
            </label>
          ))}
      </Menu>
      <span class="compare">
        {compare.length < COMPARED && <Combo label="Compare with" placeholder="Compare with" without={[...compare, symbol ?? '']} chosen={(other) => set('compare', [...compare, other])} />}
        {compare.map((other) => (
          <button key={other} type="button" class="chip" onClick={() => set('compare', compare.filter((c) => c !== other))} aria-label={`Compare no longer with ${other}`}>
            <i class="dot" style={{ background: colourOf(other) }} />{other}<Icon name="close" />
          </button>
        ))}
      </span>
    </div>
  );
}

// ---- the price

function linesOf(history: History, form: string, colour: string): Line[] {
  const up = themeColour('up');
  const down = themeColour('down');
  const lines: Line[] = [
    form === 'line'
      ? { key: 'price', name: history.symbol, kind: 'area', colour, data: history.candles.map((c) => [c[0], c[4]]) }
      : { key: 'price', name: history.symbol, kind: 'candles', colour, data: history.candles.map((c) => [c[0], c[1], c[2], c[3], c[4]]) },
  ];
  const volumes = history.candles.filter((c) => c[5] !== null);
  if (volumes.length > 0) {
    lines.push({
      key: 'volume', name: 'Volume', kind: 'columns', colour: themeColour('muted'), foot: true, data: volumes.map((c) => [c[0], c[5] ?? 0]),
      colours: volumes.map((c) => faded(c[4] >= c[1] ? up : down, 0.45)), format: (value) => decimal.compact(value.toFixed(4)),
    });
  }
  const shades = ['#e8b70c', '#a35cf5', '#3fa9d6', '#e6368c'];
  let shade = 0;
  let pane = 0;
  const panes = new Map<string, number>();
  for (const [name, data] of Object.entries(history.indicators ?? {})) {
    const kind = name.split(/[:.]/)[0] ?? '';
    const own = ['rsi', 'macd', 'volatility'].includes(kind);
    if (own && !panes.has(kind)) panes.set(kind, ++pane);
    const common = { key: name, name: named(name), data, pane: own ? (panes.get(kind) ?? 0) : 0, thin: true };
    if (name.endsWith('.histogram')) {
      lines.push({ ...common, kind: 'columns', colour: themeColour('muted'), colours: data.map((p) => faded(p[1] >= 0 ? up : down, 0.5)) });
    } else if (kind === 'bollinger') {
      lines.push({ ...common, kind: 'line', colour: '#7b8fd6', dashed: !name.endsWith('.middle') });
    } else {
      lines.push({ ...common, kind: 'line', colour: shades[shade++ % shades.length] ?? '#888888' });
    }
  }
  return lines;
}

/** sma:20 is SMA 20; bollinger:20-2.upper is Bollinger upper. */
function named(indicator: string): string {
  const [kind = '', rest = ''] = indicator.split(':');
  const [parameters = '', part = ''] = rest.split('.');
  const title = kind === 'bollinger' ? 'Bollinger' : kind === 'volatility' ? 'Volatility' : kind.toUpperCase();
  return [title, part ? (part === kind ? '' : part) : parameters].filter(Boolean).join(' ');
}

interface Ranged {
  symbol: string;
  range: url.Range;
  /** Where the coin's answers are; undefined: not to be asked yet. */
  asked: string | undefined;
}

interface Compared {
  key: string;
  histories: History[];
  error?: ApiError;
}

function PriceChart({ symbol, range, asked, learned }: Ranged & { learned: () => void }) {
  const route = useRoute();
  useTheme();
  const compare = url.list(route, 'compare').slice(0, COMPARED).filter((other) => other !== symbol);
  const indicators = route.query.get('indicators') ?? undefined;
  const chosen = INTERVALS.find(([name]) => name === route.query.get('interval'))?.[1];
  const length = (range.to ?? client.now()) - (range.from ?? 0);
  // An interval that would give more candles than a screen has columns is left to the server.
  const interval = chosen && length / chosen <= 5000 ? chosen : undefined;
  const currency = client.view.currency;
  const query = { from: range.from, to: range.to, currency, interval, points: interval ? 5000 : POINTS };
  const form = route.query.get('chart') ?? 'candles';
  const own = useAnswer<History>(asked && `${asked}/history`, { ...query, indicators: compare.length ? undefined : indicators }, every(range));
  useEffect(() => {
    if (own.data && learnFirst(own.data.symbol, own.data.first)) learned();
  }, [own.data]);

  // The others are asked with the interval of the first, so that all have a point at the same times.
  const step = own.data?.interval;
  const [others, setOthers] = useState<Compared>({ key: '', histories: [] });
  const othersKey = `${compare.join()} ${JSON.stringify(query)} ${step}`;
  useEffect(() => {
    if (!compare.length || step === undefined) return;
    const stop = new AbortController();
    Promise.all(compare.map((other) => get<History>(`/coins/${encodeURIComponent(other)}/history`, { ...query, interval: step, points: 5000 }, stop.signal)))
      .then((histories) => setOthers({ key: othersKey, histories }))
      .catch((error: unknown) => {
        if (!stop.signal.aborted && error instanceof ApiError) setOthers({ key: othersKey, histories: [], error });
      });
    return () => stop.abort();
  }, [othersKey]);

  const history = own.data;
  const scheme = useTheme();
  const lines = useMemo<Line[]>(() => {
    if (!history) return [];
    if (!compare.length) return linesOf(history, form, colourOf(symbol));
    return [history, ...others.histories.filter((h) => compare.includes(h.symbol))].map((h) => {
      const base = h.candles[0]?.[4] ?? 1;
      return { key: `compare-${h.symbol}`, name: h.symbol, kind: 'line', colour: colourOf(h.symbol), data: h.candles.map((c) => [c[0], (c[4] / base) * 100]), format: (value: number) => value.toFixed(2) };
    });
  }, [history, others.histories, compare.join(), form, scheme]);

  // The last candle follows the events, until the next answer has it whole.
  const chart = useRef<TimeChart | undefined>(undefined);
  const last = useRef<number[] | undefined>(undefined);
  last.current = undefined;
  if (history && !compare.length) last.current = history.candles.at(-1)?.slice(0, 5) as number[] | undefined;
  useEffect(() => {
    if (!history || compare.length || range.to !== undefined) return;
    return client.subscribe(`coin:${symbol}`, () => {
      const coin = client.coin(symbol);
      if (!coin || history.currency !== client.view.currency) return;
      const price = Number(coin.price);
      const start = Math.floor(coin.time / history.interval) * history.interval;
      const old = last.current;
      if (!old || start < (old[0] ?? 0)) return;
      last.current = start === old[0] ? [start, old[1]!, Math.max(old[2]!, price), Math.min(old[3]!, price), price] : [start, price, price, price, price];
      chart.current?.update('price', form === 'line' ? [start, price] : last.current);
    });
  }, [history, form, compare.length, range.to]);

  const panes = new Set(lines.map((line) => line.pane ?? 0)).size;
  const name = range.name ?? `${format.date(range.from ?? 0)}`;
  const heights = useMemo(() => [340, ...Array<number>(Math.max(0, panes - 1)).fill(110)], [panes]);
  return (
    <TimePanel
      name="price"
      class="price-chart"
      title={compare.length ? `${[symbol, ...compare].join(', ')}: indexed to 100` : `${symbol} in ${history?.currency ?? currency}`}
      note={history && <>{format.interval(history.interval)} a {compare.length || form === 'line' ? 'point' : 'candle'} · UTC</>}
      lines={lines}
      log={route.query.get('scale') === 'log'}
      fit={`${symbol} ${name} ${range.to} ${interval} ${currency} ${compare.join()}`}
      heights={heights}
      height={420 + (panes - 1) * 120}
      fill
      loading={own.loading || (compare.length > 0 && others.key !== othersKey)}
      outdated={own.outdated || (compare.length > 0 && others.key !== othersKey)}
      error={own.error ?? (compare.length ? others.error : undefined)}
      empty={history && history.candles.length === 0 && !own.loading && (history.first ? `No prices in this range. Stored are ${format.time(history.first, false)} to ${format.time(history.last, false)} UTC.` : 'No prices are stored of this coin yet.')}
      onChart={(c) => (chart.current = c)}
    />
  );
}

// ---- figures

function Fact({ name, children, title }: { name: string; children: ComponentChildren; title?: string }) {
  return <div title={title}><dt>{name}</dt><dd>{children}</dd></div>;
}

function amount(text: string | undefined) {
  return text === undefined ? undefined : <span title={decimal.group(decimal.plain(text) ?? text)}>{decimal.compact(text)}</span>;
}

function Supply({ coin }: { coin: Coin }) {
  if (coin.circulating_supply === undefined) return null;
  const part = coin.max_supply && Number(coin.max_supply) > 0 ? Math.min(1, Number(coin.circulating_supply) / Number(coin.max_supply)) : undefined;
  return (
    <div class="supply">
      <div><span>Circulating supply</span><b>{amount(coin.circulating_supply)} {coin.symbol}</b></div>
      {part !== undefined && (
        <div class="meter" role="meter" aria-label="Circulating of maximum supply" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(part * 100)}>
          <i style={{ width: `${part * 100}%`, background: colourOf(coin.symbol) }} />
        </div>
      )}
      <div><span>Maximum supply</span><b>{coin.max_supply ? <>{amount(coin.max_supply)}{part !== undefined && <small> · {(part * 100).toFixed(1)} % out</small>}</> : 'no limit known'}</b></div>
    </div>
  );
}

function Metrics({ symbol }: { symbol: string }) {
  useTopic(`coin:${symbol}`, 'market', 'status');
  const coin = client.coin(symbol);
  if (!coin) return null;
  const share = coin.market_cap_dominance ?? client.market.dominance?.find((d) => d.symbol === symbol)?.percent.toFixed(2);
  return (
    <section class="panel" aria-labelledby="metrics-title" data-panel="metrics">
      <header class="panel-head"><h2 id="metrics-title">Latest</h2><span class="note">{format.time(coin.time)} UTC</span></header>
      <dl class="figures">
        <Fact name="Price" title={coin.price}>{decimal.price(coin.price)}</Fact>
        {coin.market_cap !== undefined && <Fact name="Market cap">{amount(coin.market_cap)}</Fact>}
        {coin.volume_24h !== undefined && <Fact name="Volume 24h">{amount(coin.volume_24h)}</Fact>}
        {share !== undefined && <Fact name="Dominance">{decimal.round(share, 2)} %</Fact>}
        {coin.rank !== undefined && <Fact name="Rank">{coin.rank}</Fact>}
        {coin.source !== undefined && <Fact name="Source">{coin.source}</Fact>}
        <Fact name="Age">{format.age(client.now() - coin.time)}</Fact>
      </dl>
      <Supply coin={coin} />
    </section>
  );
}

function StatisticsPanel({ answer, range }: { answer: ReturnType<typeof useAnswer<Statistics>>; range: url.Range }) {
  const s = answer.data;
  const exact = (text: string | undefined) => (text === undefined ? '–' : <span title={text}>{decimal.price(text)}</span>);
  return (
    <section class="panel" aria-labelledby="statistics-title" data-panel="statistics">
      <header class="panel-head"><h2 id="statistics-title">Statistics</h2><span class="note">{range.name ?? 'chosen dates'}</span></header>
      {answer.error && !s && <Overlay icon="alert" title="This could not be read" text={answer.error.message} tone="bad" />}
      {s && s.count === 0 && <Overlay icon="empty" title="No prices in this range" />}
      {!s && !answer.error && <div class="skeleton rows" aria-hidden="true" />}
      {s && s.count > 0 && (
        <dl class="figures">
          <Fact name="First">{exact(s.first)}</Fact>
          <Fact name="Last">{exact(s.last)}</Fact>
          <Fact name="Return"><Change value={s.return} /></Fact>
          <Fact name="Low">{exact(s.min)}</Fact>
          <Fact name="High">{exact(s.max)}</Fact>
          <Fact name="Mean">{format.number(s.mean)}</Fact>
          <Fact name="Median">{format.number(s.median)}</Fact>
          <Fact name="Std. deviation" title="Of the sample (n − 1)">{format.number(s.standard_deviation)}</Fact>
          <Fact name="Volatility" title="Standard deviation of the logarithms of hourly returns, scaled to a year">{s.volatility === undefined ? '–' : `${s.volatility.toFixed(1)} % a year`}</Fact>
          <Fact name="Prices">{format.count(s.count)}</Fact>
        </dl>
      )}
    </section>
  );
}

// ---- how it changed

const CHANGES: [string, string][] = [['1h', 'Change in 1 hour'], ['24h', 'Change in 24 hours'], ['7d', 'Change in 7 days'], ['30d', 'Change in 30 days']];
const perCent = (value: number): string => `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value).toFixed(2)} %`;

function ChangeCharts({ symbol, range, asked }: Ranged) {
  const answer = useAnswer<Changes>(asked && `${asked}/changes`, { from: range.from, to: range.to }, every(range));
  const lines = useMemo(
    () => CHANGES.map(([key]): Line[] => {
      const data = answer.data?.series[key] ?? [];
      return data.length ? [{ key, name: key, kind: 'baseline', colour: colourOf(symbol), data, format: perCent }] : [];
    }),
    [answer.data],
  );
  return (
    <div class="four">
      {CHANGES.map(([key, title], i) => (
        <TimePanel key={key} name={`change-${key}`} title={title} lines={lines[i] ?? []} fit={`${symbol} ${range.name} ${range.name ? '' : range.from} ${range.to}`} height={170}
          loading={answer.loading} outdated={answer.outdated} error={answer.error} empty={answer.data && !lines[i]?.length && 'No such changes are known in this range.'} />
      ))}
    </div>
  );
}

function Hourly({ symbol }: { symbol: string }) {
  useTheme();
  const now = useNow(60_000);
  const answer = useAnswer<History>(`/coins/${encodeURIComponent(symbol)}/history`, { from: Math.floor(now / url.HOUR - 23) * url.HOUR, currency: client.view.currency, interval: url.HOUR, points: 30 });
  const history = answer.data;
  const lines = useMemo<Line[]>(
    () => (history?.candles.length ? [{ key: 'hourly', name: `${symbol} at the end of the hour`, kind: 'area', colour: colourOf(symbol), data: history.candles.map((c) => [c[0], c[4]]) }] : []),
    [history],
  );
  return (
    <TimePanel name="hourly" title="Price, hour by hour" note={`last 24 hours · ${client.view.currency}`} lines={lines} fit={`${symbol} ${history?.currency}`} height={220}
      loading={answer.loading} outdated={answer.outdated} error={answer.error} empty={history && !lines.length && 'No prices in the last 24 hours.'} />
  );
}

function DominanceOf({ symbol, range, asked }: Ranged) {
  const answer = useAnswer<Dominance>(asked && client.info?.pages.includes('share') ? '/dominance' : undefined, { from: range.from, to: range.to }, every(range));
  const data = answer.data;
  const lines = useMemo<Line[]>(() => {
    const points: number[][] = [];
    data?.series[symbol]?.forEach((value, i) => {
      const time = data.times[i];
      if (value !== null && time !== undefined) points.push([time, value]);
    });
    return points.length ? [{ key: 'dominance', name: `${symbol} share`, kind: 'area', colour: colourOf(symbol), data: points, format: (value) => `${value.toFixed(2)} %` }] : [];
  }, [data, symbol]);
  // A server may not have shares over time.
  if (!client.info?.pages.includes('share') || answer.error?.status === 404) return null;
  return (
    <TimePanel name="dominance" title="Dominance" note="of the market cap of all coins here" lines={lines} fit={`${symbol} ${range.name} ${range.to}`} height={220}
      loading={answer.loading} outdated={answer.outdated} error={answer.error} empty={data && !lines.length && 'No market cap is known in this range.'} />
  );
}
