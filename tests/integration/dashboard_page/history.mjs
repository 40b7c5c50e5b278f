// A market's past, invented but plausible, as rows of the table `quotes`: for tests and for pictures. Marked as the simulator's.
//
//   node history.mjs [COINS [DAYS [MINUTES]]]     prints SQL that SQLite and PostgreSQL take
import { pathToFileURL } from 'node:url';

// Symbol, name, price, circulating and maximum supply, how much it moves.
const COINS = [
  ['BTC', 'Bitcoin', 67246.64, 19_720_000, 21_000_000, 0.9], ['ETH', 'Ethereum', 3480.16, 120_150_000, null, 1.1],
  ['USDT', 'Tether', 1.0002, 118_300_000_000, null, 0.01], ['BNB', 'BNB', 585.34, 147_580_000, 200_000_000, 0.9],
  ['SOL', 'Solana', 148.0, 464_900_000, null, 1.6], ['XRP', 'XRP', 0.542, 55_800_000_000, 100_000_000_000, 1.2],
  ['DOGE', 'Dogecoin', 0.1234, 144_700_000_000, null, 1.8], ['TRX', 'TRON', 0.1321, 87_200_000_000, null, 0.7],
  ['ADA', 'Cardano', 0.3812, 35_700_000_000, 45_000_000_000, 1.3], ['AVAX', 'Avalanche', 28.91, 394_800_000, 715_700_000, 1.6],
  ['SHIB', 'Shiba Inu', 0.00001823, 589_260_000_000_000, null, 1.8], ['LINK', 'Chainlink', 14.22, 608_000_000, 1_000_000_000, 1.4],
  ['BCH', 'Bitcoin Cash', 391.2, 19_740_000, 21_000_000, 1.2], ['DOT', 'Polkadot', 6.31, 1_430_000_000, null, 1.3],
  ['LTC', 'Litecoin', 71.23, 74_700_000, 84_000_000, 1.0], ['NEAR', 'NEAR Protocol', 5.11, 1_100_000_000, null, 1.8],
  ['UNI', 'Uniswap', 7.42, 599_900_000, 1_000_000_000, 1.6], ['XMR', 'Monero', 163.4, 18_400_000, null, 0.8],
  ['APT', 'Aptos', 7.9, 450_300_000, null, 1.7], ['XLM', 'Stellar', 0.1022, 28_900_000_000, 50_001_000_000, 1.1],
  ['ATOM', 'Cosmos', 6.77, 390_900_000, null, 1.4], ['HBAR', 'Hedera', 0.0781, 35_300_000_000, 50_000_000_000, 1.6],
];

/** Numbers from 0 to 1 that are the same at each run. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function decimals(price) {
  return price >= 1000 ? 2 : price >= 1 ? 4 : 6 - Math.floor(Math.log10(price)) - 2;
}

/** Prices that end at the coin's own: one walk that all share, and one of its own. */
function walks(count, steps, minutes) {
  const draw = random(7);
  const normal = () => draw() + draw() + draw() + draw() - 2;
  const market = Array.from({ length: steps }, normal);
  return COINS.slice(0, count).map((coin) => {
    const moves = market.map((m) => coin[5] * (0.6 * m + 0.7 * normal()) * 0.0042 * Math.sqrt(minutes / 15));
    const logs = [];
    let sum = 0;
    for (let i = steps - 1; i >= 0; --i) {
      logs[i] = sum;
      sum -= moves[i];
    }
    return logs.map((log) => coin[2] * Math.exp(log));
  });
}

export function sql({ coins = 20, days = 30, minutes = 15, end = Date.now() } = {}) {
  const steps = Math.floor((days * 1440) / minutes);
  const prices = walks(coins, steps, minutes);
  const volume = random(11);
  const ranked = COINS.slice(0, coins).map((coin, i) => [i, coin[2] * coin[3]]).sort((a, b) => b[1] - a[1]).map(([i]) => i);
  const lines = ['begin;'];
  const head = 'insert into quotes (source, asset_id, symbol, name, currency, price, time, volume_24h, market_cap, change_percent_24h, circulating_supply, max_supply, rank) values';
  const day = Math.round(1440 / minutes);
  for (let step = 0; step < steps; ++step) {
    const time = new Date(end - (steps - 1 - step) * minutes * 60_000).toISOString();
    const rows = COINS.slice(0, coins).map(([symbol, name, , supply, max], i) => {
      const price = prices[i][step].toFixed(decimals(prices[i][step]));
      const before = prices[i][step - day];
      const cap = prices[i][step] * supply;
      const change = before ? ((prices[i][step] / before - 1) * 100).toFixed(4) : null;
      return `('simulator','${name.toLowerCase().replaceAll(' ', '-')}','${symbol}','${name}','USD','${price}','${time}','${(cap * (0.02 + 0.03 * volume())).toFixed(2)}','${cap.toFixed(2)}',${change === null ? 'null' : `'${change}'`},'${supply}',${max === null ? 'null' : `'${max}'`},${ranked.indexOf(i) + 1})`;
    });
    lines.push(`${head} ${rows.join(',')};`);
  }
  lines.push('commit;');
  return lines.join('\n') + '\n';
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [coins = 20, days = 30, minutes = 15] = process.argv.slice(2).map(Number);
  process.stdout.write(sql({ coins, days, minutes }));
}
