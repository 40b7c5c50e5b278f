// Who has how much of the market: a donut, a treemap, and the shares over time, all in the coins' own colours.
import type { EChartsOption } from 'echarts';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Coin, Dominance } from '../api';
import { client } from '../client';
import { colourOf, faded, OTHERS, themeColour } from '../colours';
import * as decimal from '../decimal';
import * as format from '../format';
import { choose, currentRoute, go, reducedMotion, useAnswer, useRoute, useSlowList, useStored, useTheme } from '../hooks';
import { Overlay } from '../parts/panel';
import { SharePanel } from '../parts/share_panel';
import * as url from '../url';
import { RangePicker } from './coin';

const NAMED = 12;

interface Slice {
  symbol: string;
  name: string;
  cap: string;
  value: number;
  percent: number;
  coin: Coin | undefined;
}

/** The largest by name, the rest as one. */
function slices(all: Coin[], named: number): Slice[] {
  const coins = all.filter((c) => Number(c.market_cap) > 0).sort((a, b) => Number(b.market_cap) - Number(a.market_cap));
  const total = coins.reduce((sum, coin) => sum + Number(coin.market_cap), 0);
  const result = coins.slice(0, named).map((coin): Slice => {
    const value = Number(coin.market_cap);
    return { symbol: coin.symbol, name: coin.name ?? coin.symbol, cap: coin.market_cap ?? '', value, percent: (value / total) * 100, coin };
  });
  const rest = coins.slice(named).reduce((sum, coin) => sum + Number(coin.market_cap), 0);
  if (rest > 0) result.push({ symbol: 'Others', name: `${coins.length - named} others`, cap: rest.toFixed(0), value: rest, percent: (rest / total) * 100, coin: undefined });
  return result;
}

function base(): EChartsOption {
  return {
    animation: !reducedMotion.matches,
    animationDuration: 300,
    animationDurationUpdate: 300,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    // Painted on the canvas: a tooltip of HTML would bring inline styles, which the content security policy refuses.
    tooltip: {
      renderMode: 'richText', confine: true, backgroundColor: themeColour('raised'), borderColor: themeColour('line'), borderWidth: 1, padding: [8, 12],
      textStyle: { color: themeColour('text'), fontSize: 12, lineHeight: 18 },
    },
  };
}

/** Text that can be read on the colour. */
function ink(colour: string): string {
  const channel = (at: number): number => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5) > 0.3 ? '#0b0e14' : '#ffffff';
}

/** Deeper for larger moves, grey where nothing moved; the sign is in the text. */
function heat(change: number | undefined): string {
  if (change === undefined) return themeColour('flat');
  if (Math.abs(change) < 0.05) return '#586274';
  const strength = Math.min(1, Math.abs(change) / 8);
  const from = [88, 98, 116];
  const to = change >= 0 ? [16, 150, 128] : [214, 74, 56];
  return '#' + from.map((f, i) => Math.round(f + ((to[i] ?? 0) - f) * (0.25 + 0.75 * strength)).toString(16).padStart(2, '0')).join('');
}

/** Clicks on a coin open it. */
function open(symbol: string): void {
  if (client.coin(symbol)) go(url.link(currentRoute(), 'coin', symbol));
}

export function SharePage() {
  useSlowList(5000);
  const theme = useTheme();
  const route = useRoute();
  const all = [...client.view.coins.values()];
  const currency = client.view.currency;
  const largest = slices(all, NAMED);
  const key = largest.map((s) => `${s.symbol}${s.cap}`).join() + theme;
  const mode = route.query.get('colour') === 'change' ? 'change' : 'coin';
  if (largest.length === 0) return <Overlay icon="empty" title="No market caps yet" text="They come with sources that know them, such as CoinCap, CoinMarketCap and CoinGecko." />;

  const table = (list: Slice[]) => () => ({
    columns: ['Coin', 'Name', 'Share %', `Market cap (${currency})`, 'Change 24h %'],
    rows: list.map((s) => [s.symbol, s.name, s.percent.toFixed(4), s.cap, s.coin?.percent_change_24h ?? '']),
  });
  const donut = (): EChartsOption => ({
    ...base(),
    series: [{
      id: 'donut', type: 'pie', radius: ['58%', '88%'], center: ['50%', '50%'], padAngle: 1, minAngle: 1, itemStyle: { borderRadius: 5 },
      label: { show: false, position: 'center' },
      emphasis: { scaleSize: 6, label: { show: false } },
      tooltip: { formatter: (p) => { const s = largest[(p as { dataIndex: number }).dataIndex]; return s ? `${s.name}\n${s.percent.toFixed(2)} % · ${decimal.compact(s.cap)} ${currency}` : ''; } },
      data: largest.map((s, i) => ({
        name: s.symbol, value: s.value, itemStyle: { color: s.coin ? colourOf(s.symbol) : OTHERS },
        // One slice carries the text in the middle.
        ...(i === 0 ? { label: { show: true, position: 'center' as const, formatter: `{total|${decimal.compact(client.market.market_cap ?? '0')}}\n{unit|${currency}, all coins}`,
          rich: { total: { fontSize: 26, fontWeight: 700, color: themeColour('text'), lineHeight: 34 }, unit: { fontSize: 12, color: themeColour('muted'), lineHeight: 18 } } }, emphasis: { label: { show: true } } } : {}),
      })),
    }],
  });
  const tiles = slices(all, 60);
  // Square pixels that a tile has, about: too few, and its text would be a stump.
  const room = (s: Slice): number => (s.percent / 100) * 380 * (innerWidth > 1320 ? innerWidth - 740 : innerWidth - 60);
  const treemap = (): EChartsOption => ({
    ...base(),
    series: [{
      id: 'treemap', type: 'treemap', roam: false, nodeClick: false, breadcrumb: { show: false }, left: 0, right: 0, top: 0, bottom: 0,
      itemStyle: { gapWidth: 2, borderWidth: 0, borderColor: themeColour('panel') },
      tooltip: { formatter: (p) => { const s = tiles[(p as { dataIndex: number }).dataIndex - 1]; return s ? `${s.name}\n${s.percent.toFixed(2)} % · ${decimal.compact(s.cap)} ${currency}${s.coin?.percent_change_24h ? `\n24h ${format.percent(s.coin.percent_change_24h).text}` : ''}` : ''; } },
      label: { fontSize: 13, fontWeight: 600, lineHeight: 18, overflow: 'truncate' },
      data: tiles.map((s) => {
        const colour = s.coin ? (mode === 'change' ? heat(s.coin.percent_change_24h === undefined ? undefined : Number(s.coin.percent_change_24h)) : colourOf(s.symbol)) : OTHERS;
        const change = s.coin?.percent_change_24h === undefined ? '' : format.percent(s.coin.percent_change_24h);
        const second = mode === 'change' && change ? `${change.direction === 'up' ? '▲' : change.direction === 'down' ? '▼' : ''} ${change.text}` : `${s.percent.toFixed(s.percent < 10 ? 2 : 1)} %`;
        return { name: s.symbol, value: s.value, itemStyle: { color: colour }, label: { show: room(s) > 2600, color: ink(colour), fontSize: room(s) > 6000 ? 13 : 11, formatter: room(s) > (mode === 'change' ? 6500 : 3600) ? `${s.symbol}\n${second}` : s.symbol } };
      }),
    }],
  });
  return (
    <div class="share-page">
      <h1 class="unseen">Share of the market</h1>
      <div class="share-grid">
        <SharePanel name="donut" title="Market cap by coin" note={currency} option={donut} changes={[key]} height={380} sheet={table(largest)} clicked={open}
          label={`Donut of the shares of the market cap: ${largest.slice(0, 5).map((s) => `${s.name} ${s.percent.toFixed(1)} per cent`).join(', ')}. The table has all.`} />
        <Legend list={largest} />
        <SharePanel name="treemap" class="wide" title="Map of the market" note="size: market cap" option={treemap} changes={[key, mode]} height={380} sheet={table(tiles)} clicked={open}
          label={`Treemap of ${tiles.length} coins by market cap. The table has all.`}
          tools={
            <div class="segments small" role="group" aria-label="Colours of the map">
              <button type="button" aria-pressed={mode === 'coin'} onClick={() => choose({ colour: undefined })}>By coin</button>
              <button type="button" aria-pressed={mode === 'change'} onClick={() => choose({ colour: 'change' })}>By 24h change</button>
            </div>
          } />
      </div>
      <OverTime largest={largest[0]?.symbol} />
    </div>
  );
}

function Legend({ list }: { list: Slice[] }) {
  const most = list[0]?.percent ?? 1;
  const route = useRoute();
  return (
    <section class="panel ranking legend-list" aria-labelledby="legend-title" data-panel="shares">
      <header class="panel-head"><h2 id="legend-title">Shares</h2></header>
      <ol>
        {list.map((s) => (
          <li key={s.symbol} data-symbol={s.symbol}>
            <i class="bar" style={{ width: `${((s.percent / Math.max(most, 1e-9)) * 100).toFixed(1)}%`, background: s.coin ? colourOf(s.symbol) : OTHERS }} />
            {s.coin
              ? <a class="coin-link" href={url.link(route, 'coin', s.symbol)} onClick={(event) => { if (!event.ctrlKey && !event.metaKey && event.button === 0) { event.preventDefault(); open(s.symbol); } }}><i class="dot" style={{ background: colourOf(s.symbol) }} /><b>{s.symbol}</b><span class="full">{s.name}</span></a>
              : <span class="coin-link"><i class="dot" style={{ background: OTHERS }} /><b>{s.name}</b></span>}
            <span class="value">{s.percent.toFixed(2)} %<small>{decimal.compact(s.cap)}</small></span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function OverTime({ largest }: { largest: string | undefined }) {
  const route = useRoute();
  const theme = useTheme();
  const [now, setNow] = useState(client.now());
  useEffect(() => {
    const timer = setInterval(() => { if (!client.paused && !document.hidden) setNow(client.now()); }, 60_000);
    return () => clearInterval(timer);
  }, []);
  const range = url.range(route, now, '30D');
  const stored = useStored(largest, range);
  const answer = useAnswer<Dominance>(stored && '/dominance', { from: stored?.from, to: stored?.to }, 60_000);
  const data = answer.data;
  const { names, rest } = useMemo(() => {
    if (!data) return { names: [] as string[], rest: [] as (number | null)[] };
    const newest = (values: (number | null)[]): number => values.findLast((v) => v !== null) ?? 0;
    const ranked = Object.entries(data.series).sort((a, b) => newest(b[1]) - newest(a[1])).map(([name]) => name);
    const names = ranked.slice(0, NAMED);
    const rest = data.times.map((_, i) => {
      const sum = names.reduce((all, name) => all + (data.series[name]?.[i] ?? 0), 0);
      return sum > 0 && sum < 99.99 ? 100 - sum : 0;
    });
    return { names, rest };
  }, [data]);
  const withRest = rest.some((value) => (value ?? 0) > 0);

  const option = (): EChartsOption => {
    const times = data?.times ?? [];
    const long = (times.at(-1) ?? 0) - (times[0] ?? 0) > 2 * 86_400_000;
    const area = (name: string, colour: string, values: (number | null)[]) => ({
      id: name, name, type: 'line' as const, stack: 'all', symbol: 'none', lineStyle: { width: 1, color: colour }, itemStyle: { color: colour }, areaStyle: { color: faded(colour, 0.85), opacity: 1 },
      emphasis: { disabled: true }, data: times.map((time, i) => [time, values[i] ?? null]),
    });
    return {
      ...base(),
      grid: { left: 44, right: 12, top: 10, bottom: 28 },
      tooltip: {
        ...(base().tooltip as object), trigger: 'axis', order: 'valueDesc',
        formatter: (points) => {
          const list = (points as unknown as { seriesName: string; value: [number, number] }[]).slice().sort((a, b) => b.value[1] - a.value[1]).slice(0, 8);
          return [list[0] ? `${format.time(list[0].value[0], false)} UTC` : '', ...list.map((p) => `${p.seriesName}  ${p.value[1]?.toFixed(2)} %`)].join('\n');
        },
      },
      xAxis: { type: 'time', boundaryGap: [0, 0], axisLine: { lineStyle: { color: themeColour('line') } }, axisTick: { show: false }, splitNumber: innerWidth < 700 ? 3 : 8,
        axisLabel: { color: themeColour('muted'), fontSize: 11, hideOverlap: true, formatter: (ms: number) => (long ? format.date(ms).slice(5) : format.time(ms, false).slice(11)) } },
      yAxis: { type: 'value', max: 100, splitLine: { lineStyle: { color: themeColour('grid') } }, axisLabel: { color: themeColour('muted'), fontSize: 11, formatter: '{value} %' } },
      series: [...names.map((name) => area(name, colourOf(name), data?.series[name] ?? [])), ...(withRest ? [area('Others', OTHERS, rest)] : [])],
    };
  };
  const sheet = () => ({
    columns: ['Time (UTC)', ...names, ...(withRest ? ['Others'] : [])],
    rows: (data?.times ?? []).map((time, i) => [format.time(time), ...names.map((name) => data?.series[name]?.[i]?.toString() ?? ''), ...(withRest ? [String(rest[i] ?? '')] : [])]).reverse(),
  });
  // A server may not have shares over time.
  if (answer.error?.status === 404) return null;
  return (
    <SharePanel name="over-time" title="Dominance over time" note="per cent of the market cap of all coins here" option={option} changes={[data, theme]} height={340} sheet={sheet}
      label={`Stacked areas of the shares of ${names.join(', ')} over time. The table has the values.`}
      tools={<RangePicker range={range} preset="30D" dates={false} />}
      loading={answer.loading} outdated={answer.outdated} error={answer.error} empty={data && data.times.length === 0 && 'No market caps are stored in this range.'} />
  );
}
