// Every coin in one table, the market above it, the largest and those that moved most beside it.
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { DELAYED, STALE } from '../age';
import type { Coin } from '../api';
import { client } from '../client';
import { colourOf } from '../colours';
import * as decimal from '../decimal';
import * as format from '../format';
import { choose, currentRoute, go, memo, reducedMotion, useRoute, useSlowList, useTopic } from '../hooks';
import { Overlay, save } from '../parts/panel';
import { csv } from '../sheet';
import { Change, Mark, Spark } from '../parts/spark';
import * as url from '../url';

// ---- columns

interface Column {
  key: string;
  title: string;
  long: string;
  value: (coin: Coin) => number | string | undefined;
  /** What is saved as CSV: the exact text. */
  exact: (coin: Coin) => string | undefined;
  ascending?: boolean;
  always?: boolean;
}

const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
const money = (key: 'price' | 'market_cap' | 'volume_24h' | 'circulating_supply' | 'percent_change_1h' | 'percent_change_24h' | 'percent_change_7d' | 'percent_change_30d', title: string, long: string): Column => ({
  key, title, long, value: (coin) => number(coin[key]), exact: (coin) => coin[key],
});

const COLUMNS: Column[] = [
  { key: 'rank', title: '#', long: 'Rank', value: (c) => c.rank, exact: (c) => c.rank?.toString(), ascending: true },
  { key: 'symbol', title: 'Coin', long: 'Coin', value: (c) => c.name ?? c.symbol, exact: (c) => c.symbol, ascending: true, always: true },
  { ...money('price', 'Price', 'Price'), always: true },
  money('percent_change_1h', '1h', 'Change in one hour'),
  money('percent_change_24h', '24h', 'Change in 24 hours'),
  money('percent_change_7d', '7d', 'Change in seven days'),
  money('percent_change_30d', '30d', 'Change in 30 days'),
  money('market_cap', 'Market cap', 'Market cap'),
  money('volume_24h', 'Volume 24h', 'Volume in 24 hours'),
  money('circulating_supply', 'Supply', 'Circulating supply'),
  { key: 'sparkline', title: 'Last 24h', long: 'Prices of the last 24 hours', value: () => undefined, exact: (c) => c.sparkline?.join(' ') },
  { key: 'time', title: 'Age', long: 'Age of the price', value: (c) => -c.time, exact: (c) => format.time(c.time), ascending: true, always: true },
];

let lastPresent: Column[] = [];

/** The columns that any coin has a value for: the same array as long as they are the same. */
function present(coins: Coin[]): Column[] {
  const columns = COLUMNS.filter((column) => column.always || coins.some((coin) => coin[column.key as keyof Coin] !== undefined));
  if (columns.length !== lastPresent.length || columns.some((column, i) => column !== lastPresent[i])) lastPresent = columns;
  return lastPresent;
}

function sorted(coins: Coin[], column: Column, ascending: boolean): Coin[] {
  const sign = ascending ? 1 : -1;
  return coins
    .map((coin) => [column.value(coin), coin] as const)
    .sort(([a, x], [b, y]) => {
      // What is not known is last in either direction.
      if (a === undefined || b === undefined) return a === b ? (x.symbol < y.symbol ? -1 : 1) : a === undefined ? 1 : -1;
      return a < b ? -sign : a > b ? sign : x.symbol < y.symbol ? -1 : 1;
    })
    .map(([, coin]) => coin);
}

// ---- rows

/** How old a price is, written once a second; a badge when it is old. */
function Age({ symbol }: { symbol: string }) {
  const cell = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const write = (): void => {
      const coin = client.coin(symbol);
      if (!cell.current || !coin) return;
      const ms = client.now() - coin.time;
      const text = format.age(ms);
      if (cell.current.textContent !== text) cell.current.textContent = text;
      const state = ms > STALE ? 'stale' : ms > DELAYED ? 'delayed' : 'fresh';
      if (cell.current.dataset['age'] !== state) {
        cell.current.dataset['age'] = state;
        cell.current.title = state === 'fresh' ? '' : `${state}: ${format.time(coin.time)} UTC`;
      }
    };
    write();
    return client.subscribe('status', write);
  }, [symbol]);
  return <span class="age-badge" ref={cell} />;
}

/** A price that flashes when it changes, unless the reader wants no motion. */
export function LivePrice({ symbol, big }: { symbol: string; big?: boolean }) {
  useTopic(`coin:${symbol}`);
  const coin = client.coin(symbol);
  const cell = useRef<HTMLSpanElement>(null);
  const before = useRef<string | undefined>(undefined);
  const price = coin?.price;
  useLayoutEffect(() => {
    const old = before.current;
    before.current = price;
    if (!cell.current || old === undefined || price === undefined || old === price) return;
    const rose = Number(price) >= Number(old);
    cell.current.dataset['moved'] = rose ? 'up' : 'down';
    if (reducedMotion.matches) return;
    const colour = getComputedStyle(document.documentElement).getPropertyValue(rose ? '--up-flash' : '--down-flash');
    cell.current.animate([{ backgroundColor: colour }, { backgroundColor: 'transparent' }], { duration: 900, easing: 'ease-out' });
  }, [price]);
  if (!coin) return <span class="none">–</span>;
  return <span ref={cell} class={big ? 'price big' : 'price'} data-price={coin.price} title={coin.price}>{decimal.price(coin.price)}</span>;
}

function Amount({ text }: { text: string | undefined }) {
  return text === undefined ? <span class="none">–</span> : <span title={decimal.group(decimal.plain(text) ?? text)}>{decimal.compact(text)}</span>;
}

function CoinLink({ symbol, children }: { symbol: string; children: ComponentChildren }) {
  const address = url.link(currentRoute(), 'coin', symbol);
  return (
    <a href={address} class="coin-link" onClick={(event) => follow(event, address)}>
      {children}
    </a>
  );
}

/** Follows a link in place, unless another window is wanted. */
export function follow(event: MouseEvent, address: string): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  go(address);
}

const Row = memo(function Row({ symbol, index, columns }: { symbol: string; index: number; columns: Column[] }) {
  useTopic(`coin:${symbol}`);
  const coin = client.coin(symbol);
  if (!coin) return null;
  const cell = (column: Column) => {
    switch (column.key) {
      case 'rank': return <td class="c-rank">{coin.rank ?? '–'}</td>;
      case 'symbol':
        return (
          <th scope="row" class="c-symbol">
            <CoinLink symbol={symbol}>
              <Mark symbol={symbol} />
              <span class="names"><b>{symbol}</b><span>{coin.name ?? ''}</span></span>
            </CoinLink>
          </th>
        );
      case 'price': return <td class="c-price"><LivePrice symbol={symbol} /></td>;
      case 'sparkline': return <td class="c-sparkline"><Spark values={coin.sparkline} /></td>;
      case 'time': return <td class="c-time"><Age symbol={symbol} /></td>;
      case 'market_cap': case 'volume_24h': case 'circulating_supply':
        return <td class={`c-${column.key}`}><Amount text={coin[column.key]} /></td>;
      default: return <td class={`c-${column.key}`}><Change value={coin[column.key as 'percent_change_1h']} /></td>;
    }
  };
  return <tr aria-rowindex={index + 2} data-symbol={symbol}>{columns.map(cell)}</tr>;
});

const ROW = 52;
const ALL_AT_ONCE = 120;

/** The rows in sight and a few around, of as many as there are. */
function useWindow(count: number, body: { current: HTMLElement | null }): [number, number] {
  const [span, set] = useState<[number, number]>([0, 60]);
  useEffect(() => {
    if (count <= ALL_AT_ONCE) return;
    let asked = false;
    const measure = (): void => {
      asked = false;
      const top = body.current?.getBoundingClientRect().top ?? 0;
      const first = Math.max(0, Math.floor((-top / ROW - 20) / 10) * 10);
      const last = Math.min(count, first + Math.ceil(innerHeight / ROW) + 50);
      set((old) => (old[0] === first && old[1] === last ? old : [first, last]));
    };
    const scrolled = (): void => {
      if (!asked) requestAnimationFrame(measure);
      asked = true;
    };
    measure();
    addEventListener('scroll', scrolled, { passive: true });
    addEventListener('resize', scrolled);
    return () => {
      removeEventListener('scroll', scrolled);
      removeEventListener('resize', scrolled);
    };
  }, [count]);
  return count <= ALL_AT_ONCE ? [0, count] : [Math.min(span[0], count), Math.min(span[1], count)];
}

function CoinTable() {
  useSlowList(2000);
  useTopic('info');
  const route = useRoute();
  const body = useRef<HTMLTableSectionElement>(null);
  const all = [...client.view.coins.values()];
  const columns = present(all);
  const wanted = route.query.get('sort') ?? (columns[0]?.key === 'rank' ? 'rank' : all.some((c) => c.market_cap !== undefined) ? 'market_cap' : 'symbol');
  const column = columns.find((c) => c.key === wanted) ?? columns[0] ?? COLUMNS[1]!;
  const ascending = route.query.has('dir') ? route.query.get('dir') === 'asc' : column.ascending === true;
  const filter = (route.query.get('filter') ?? '').trim().toLowerCase();
  const shown = filter ? all.filter((c) => c.symbol.toLowerCase().includes(filter) || (c.name ?? '').toLowerCase().includes(filter)) : all;
  const coins = sorted(shown, column, ascending);
  const [first, last] = useWindow(coins.length, body);

  const sortBy = (c: Column): void => {
    const other = c.key === column.key ? !ascending : c.ascending === true;
    choose({ sort: c.key, dir: other === (c.ascending === true) ? undefined : other ? 'asc' : 'desc' });
  };
  const saveCsv = (): void => {
    const sheet = { columns: columns.map((c) => c.key), rows: coins.map((coin) => columns.map((c) => c.exact(coin) ?? '')) };
    save('coins.csv', new Blob([csv(sheet)], { type: 'text/csv;charset=utf-8' }));
  };

  return (
    <section class="panel coins" aria-labelledby="coins-title" data-panel="coins">
      <header class="panel-head">
        <h2 id="coins-title">Coins</h2>
        <span class="note">{filter ? `${coins.length} of ${all.length}` : decimal.group(String(all.length))} · prices in {client.view.currency}</span>
        <div class="panel-tools">
          <input class="filter" type="search" aria-label="Filter coins" placeholder="Filter" value={route.query.get('filter') ?? ''} onInput={(event) => choose({ filter: event.currentTarget.value || undefined })} />
          <button type="button" class="icon-button text" onClick={saveCsv} aria-label="Coins: save as CSV" title="Save what is shown as CSV">CSV</button>
        </div>
      </header>
      <table aria-rowcount={coins.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((c) => (
              <th key={c.key} scope="col" class={`c-${c.key}`} aria-sort={c.key === column.key ? (ascending ? 'ascending' : 'descending') : undefined}>
                {c.key === 'sparkline' ? <span>{c.title}</span> : (
                  <button type="button" onClick={() => sortBy(c)} title={`${c.long}: sort`}>
                    {c.title}
                    <span class="sort" aria-hidden="true">{c.key === column.key ? (ascending ? '▲' : '▼') : ''}</span>
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {first > 0 && <tr class="space" aria-hidden="true"><td colSpan={columns.length} style={{ height: `${first * ROW}px` }} /></tr>}
          {coins.slice(first, last).map((coin, i) => <Row key={coin.symbol} symbol={coin.symbol} index={first + i} columns={columns} />)}
          {last < coins.length && <tr class="space" aria-hidden="true"><td colSpan={columns.length} style={{ height: `${(coins.length - last) * ROW}px` }} /></tr>}
        </tbody>
      </table>
      {coins.length === 0 && (
        <div class="table-empty">
          {all.length === 0
            ? <Overlay icon="empty" title="No prices yet" text="They appear here by themselves as soon as the pipeline writes the first ones." />
            : <Overlay icon="search" title="No coin of that name" text={`Nothing matches “${filter}”.`} />}
        </div>
      )}
    </section>
  );
}

// ---- the market

export function MarketBar() {
  useTopic('market');
  const { market, view } = client;
  const leaders = (market.dominance ?? []).filter((share) => share.symbol !== 'OTHERS').slice(0, 2);
  return (
    <section class="market-bar" aria-label="Market" tabIndex={0}>
      <dl class="market">
      {market.market_cap !== undefined && (
        <div><dt>Market cap</dt><dd><Amount text={market.market_cap} /> <small>{view.currency}</small> {market.change_24h !== undefined && <Change value={market.change_24h} />}</dd></div>
      )}
      {market.volume_24h !== undefined && <div><dt>Volume 24h</dt><dd><Amount text={market.volume_24h} /> <small>{view.currency}</small></dd></div>}
      {leaders.map((share) => (
        <div key={share.symbol}><dt>{share.symbol} dominance</dt><dd><i class="dot" style={{ background: colourOf(share.symbol) }} />{share.percent.toFixed(1)} %</dd></div>
      ))}
      <div><dt>Coins</dt><dd>{decimal.group(String(market.coins ?? view.coins.size))}</dd></div>
      </dl>
    </section>
  );
}

interface ListProps {
  title: string;
  name: string;
  coins: Coin[];
  value: (coin: Coin) => ComponentChildren;
  /** Length of the bar behind the row, 0 to 1. */
  bar?: (coin: Coin) => number;
}

function Ranking({ title, name, coins, value, bar }: ListProps) {
  return (
    <section class="panel ranking" aria-labelledby={`list-${name}`} data-panel={name}>
      <header class="panel-head"><h2 id={`list-${name}`}>{title}</h2></header>
      <ol>
        {coins.map((coin) => (
          <li key={coin.symbol} data-symbol={coin.symbol}>
            {bar && <i class="bar" style={{ width: `${(bar(coin) * 100).toFixed(1)}%`, background: colourOf(coin.symbol) }} />}
            <CoinLink symbol={coin.symbol}><i class="dot" style={{ background: colourOf(coin.symbol) }} /><b>{coin.symbol}</b><span class="full">{coin.name ?? ''}</span></CoinLink>
            <span class="value">{value(coin)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Sidebar() {
  useSlowList(5000);
  const coins = [...client.view.coins.values()];
  const by = (key: 'market_cap' | 'volume_24h' | 'percent_change_24h'): Coin[] =>
    coins.filter((coin) => coin[key] !== undefined).sort((a, b) => Number(b[key]) - Number(a[key]));
  const caps = by('market_cap').slice(0, 10);
  const volumes = by('volume_24h').slice(0, 10);
  const movers = by('percent_change_24h');
  const gainers = movers.filter((coin) => Number(coin.percent_change_24h) > 0).slice(0, 5);
  const losers = movers.filter((coin) => Number(coin.percent_change_24h) < 0).slice(-5).reverse();
  if (!caps.length && !volumes.length && !movers.length) return null;
  const share = (list: Coin[], key: 'market_cap' | 'volume_24h') => {
    const most = Number(list[0]?.[key] ?? 1) || 1;
    return (coin: Coin): number => Number(coin[key] ?? 0) / most;
  };
  return (
    <aside class="sidebar" aria-label="Rankings">
      {gainers.length > 0 && <Ranking title="Gainers 24h" name="gainers" coins={gainers} value={(coin) => <Change value={coin.percent_change_24h} />} />}
      {losers.length > 0 && <Ranking title="Losers 24h" name="losers" coins={losers} value={(coin) => <Change value={coin.percent_change_24h} />} />}
      {caps.length > 0 && <Ranking title="Top 10 by market cap" name="top-cap" coins={caps} value={(coin) => <Amount text={coin.market_cap} />} bar={share(caps, 'market_cap')} />}
      {volumes.length > 0 && <Ranking title="Top 10 by volume" name="top-volume" coins={volumes} value={(coin) => <Amount text={coin.volume_24h} />} bar={share(volumes, 'volume_24h')} />}
    </aside>
  );
}

export function Overview() {
  useTopic('info');
  return (
    <div class={`overview${client.view.coins.size ? '' : ' bare'}`}>
      <Sidebar />
      <CoinTable />
    </div>
  );
}
