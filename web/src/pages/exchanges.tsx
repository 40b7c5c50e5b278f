// Exchanges by rank: their volume, their part of all volume, their pairs.
import type { Exchange } from '../api';
import { client } from '../client';
import * as decimal from '../decimal';
import * as format from '../format';
import { choose, useAnswer, useRoute } from '../hooks';
import { Overlay, save } from '../parts/panel';
import { csv } from '../sheet';

const COLUMNS: [keyof Exchange, string, boolean][] = [['rank', '#', true], ['name', 'Exchange', true], ['volume_usd', 'Volume 24h', false], ['percent_total_volume', 'Share of volume', false], ['trading_pairs', 'Pairs', false], ['time', 'Age', false]];

export function ExchangesPage() {
  const route = useRoute();
  const answer = useAnswer<{ exchanges: Exchange[] }>('/exchanges', {}, 20_000);
  const [key, , first] = COLUMNS.find(([name]) => name === route.query.get('sort')) ?? COLUMNS[0]!;
  const ascending = route.query.has('dir') ? route.query.get('dir') === 'asc' : first;
  const value = (e: Exchange): number | string => (key === 'name' ? (e.name ?? e.id) : Number(e[key] ?? (ascending ? Infinity : -Infinity)));
  const exchanges = [...(answer.data?.exchanges ?? [])].sort((a, b) => ((value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0) * (ascending ? 1 : -1)));
  const most = Math.max(...exchanges.map((e) => Number(e.percent_total_volume ?? 0)), 1e-9);
  const saveCsv = (): void => {
    const rows = exchanges.map((e) => [e.rank?.toString() ?? '', e.name ?? e.id, e.volume_usd ?? '', e.percent_total_volume ?? '', e.trading_pairs?.toString() ?? '', e.time ? format.time(e.time) : '']);
    save('exchanges.csv', new Blob([csv({ columns: COLUMNS.map(([name]) => name), rows })], { type: 'text/csv;charset=utf-8' }));
  };
  return (
    <section class="panel coins exchanges" aria-labelledby="exchanges-title" data-panel="exchanges">
      <header class="panel-head">
        <h1 id="exchanges-title">Exchanges</h1>
        <span class="note">{answer.data ? `${exchanges.length} · volume in USD` : ''}</span>
        <div class="panel-tools"><button type="button" class="icon-button text" onClick={saveCsv} aria-label="Exchanges: save as CSV">CSV</button></div>
      </header>
      {answer.error && !answer.data && <Overlay icon="alert" title="The exchanges could not be read" text={answer.error.message} tone="bad" />}
      {!answer.data && !answer.error && <div class="skeleton rows tall" aria-hidden="true" />}
      {answer.data && exchanges.length === 0 && <Overlay icon="empty" title="No exchanges yet" />}
      {exchanges.length > 0 && (
        <table>
          <thead>
            <tr>
              {COLUMNS.map(([name, title, up]) => (
                <th key={name} scope="col" class={`c-${name}`} aria-sort={name === key ? (ascending ? 'ascending' : 'descending') : undefined}>
                  <button type="button" onClick={() => { const next = name === key ? !ascending : up; choose({ sort: name, dir: next === up ? undefined : next ? 'asc' : 'desc' }); }}>
                    {title}<span class="sort" aria-hidden="true">{name === key ? (ascending ? '▲' : '▼') : ''}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {exchanges.map((e) => (
              <tr key={e.id}>
                <td class="c-rank">{e.rank ?? '–'}</td>
                <th scope="row" class="c-name"><b>{e.name ?? e.id}</b></th>
                <td class="c-volume_usd" title={e.volume_usd}>{e.volume_usd === undefined ? '–' : decimal.compact(e.volume_usd)}</td>
                <td class="c-percent_total_volume">
                  <span class="meter inline" aria-hidden="true"><i style={{ width: `${(Number(e.percent_total_volume ?? 0) / most) * 100}%` }} /></span>
                  {e.percent_total_volume === undefined ? '–' : `${decimal.round(e.percent_total_volume, 2)} %`}
                </td>
                <td class="c-trading_pairs">{format.count(e.trading_pairs)}</td>
                <td class="c-time">{e.time === undefined ? '–' : format.age(client.now() - e.time)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
