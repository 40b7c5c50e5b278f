// The page as people use it: the real program, real stores, a real browser.
//
//   node page_test.mjs PROGRAM PG_UP     (the script `page` beside this one installs what it needs and calls it)
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from './history.mjs';
import { freePort, Postgres, until, World } from './world.mjs';

const [program, pgUp] = process.argv.slice(2).map((path) => resolve(path));
const web = createRequire(fileURLToPath(new URL('../../../web/package.json', import.meta.url)));
const { chromium } = web('playwright-core');
const axe = readFileSync(web.resolve('axe-core/axe.min.js'), 'utf8');

const PATIENCE = 60_000;
const CHROMIUM = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'];

// ---- what of the API this program has: the page does without the rest

const served = { dominance: true, indicators: true };

async function learn(base) {
  served.dominance = (await fetch(`${base}/api/v1/dominance`)).status !== 404;
  const history = await (await fetch(`${base}/api/v1/coins/BTC/history?from=0&indicators=sma:20`)).json();
  served.indicators = history.indicators !== undefined;
  for (const [name, there] of Object.entries(served)) if (!there) console.log(`   this program does not serve ${name}: not tested`);
}

// ---- a page that notes whatever it should not do

class Seen {
  complaints = [];
  /** While the server is stopped on purpose, requests to it fail. */
  away = false;

  async open(browser, address, options = {}) {
    this.origin = new URL(address).origin;
    this.page = await browser.newPage({ viewport: { width: 1440, height: 900 }, ...options });
    this.page.setDefaultTimeout(PATIENCE);
    this.page.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return;
      if (message.location().url.includes('/api/v1/dominance') && !served.dominance) return;
      if (this.away && /Failed to load resource|net::ERR/.test(message.text())) return;
      this.complaints.push(`console: ${message.text()}`);
    });
    this.page.on('pageerror', (error) => this.complaints.push(`exception: ${error.stack}`));
    this.page.on('request', (request) => {
      if (!request.url().startsWith(this.origin) && !request.url().startsWith('blob:')) this.complaints.push(`asks elsewhere: ${request.url()}`);
    });
    await this.page.goto(address);
    return this.page;
  }

  async close() {
    await this.page.close();
    assert.deepEqual(this.complaints, []);
  }
}

/** Prices of the table, by coin, as exact texts. */
const shownPrices = (page) => page.$$eval('tr[data-symbol]', (rows) => Object.fromEntries(rows.map((row) => [row.dataset.symbol, row.querySelector('[data-price]')?.dataset.price])));

/** The text that is seen is the exact one with thousands apart, or, of more than twelve digits, its beginning. */
const seenPrices = (page) => page.$$eval('tr[data-symbol] [data-price]', (cells) => cells.map((cell) => [cell.dataset.price, cell.textContent.replaceAll(',', '')]));

async function live(page) {
  await page.waitForSelector('[data-status="live"]');
}

const cases = [];
const test = (name, run) => cases.push([name, run]);

// ---- what holds of a store that lies still

const PAGES = ['/', '/coin/BTC?range=All', '/coin/BTC?range=All&compare=ETH,SOL', '/share', '/pipeline'];

/** Each page is there, says nothing wrong, can be read by all, and fits, in both themes, wide and narrow. */
async function walk(browser, base) {
  for (const path of [...PAGES, '/coin/BTC?range=All&tables=price', '/no-such-page']) {
    const seen = new Seen();
    const page = await seen.open(browser, base + path);
    await page.waitForSelector('[data-status]:not([data-status="connecting"])');
    await page.waitForSelector('main h1', { state: 'attached' });
    await page.waitForFunction(() => !document.querySelector('[aria-busy="true"], .skeleton'));
    await page.evaluate(`${axe};0`);
    for (const [width, colorScheme] of [[1440, 'dark'], [360, 'dark'], [360, 'light'], [1440, 'light']]) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await page.waitForFunction((w) => window.innerWidth === w, width);
      const violations = await page.evaluate(async () => (await window.axe.run(document, { resultTypes: ['violations'] })).violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(' | ')}`));
      assert.deepEqual(violations, [], `${path} at ${width} px, ${colorScheme}`);
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(excess <= 0, `${path} is ${excess} px wider than ${width} px`);
    }
    await seen.close();
  }
}

async function saved(page, click) {
  const [download] = await Promise.all([page.waitForEvent('download'), click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

/** Clicks through the pages and compares what they say with `query`'s answers. */
async function compare(browser, base, query) {
  const seen = new Seen();
  const page = await seen.open(browser, `${base}/`);
  await page.waitForSelector('tr[data-symbol]');
  const latest = Object.fromEntries(query('select symbol, price from quotes q where time = (select max(time) from quotes where symbol = q.symbol)').map((row) => [row.symbol, row.price]));
  assert.deepEqual(await shownPrices(page), latest);
  for (const [exact, text] of await seenPrices(page)) assert.equal(text, exact, 'a price of at most twelve digits is seen whole');

  // The table sorts by any column, and the address says so.
  await page.click('th.c-price button');
  await page.waitForURL(/sort=price/);
  const sorted = Object.entries(await shownPrices(page)).map(([, price]) => Number(price));
  assert.deepEqual(sorted, [...sorted].sort((a, b) => b - a));
  const csv = await saved(page, () => page.click('[data-panel="coins"] button:has-text("CSV")'));
  assert.match(csv.bytes.toString(), /^rank,symbol,price,/);
  for (const [symbol, price] of Object.entries(latest)) assert.ok(csv.bytes.toString().includes(`,${symbol},${price},`), `${symbol} in the CSV`);

  // To the coin, by its row.
  await page.click('tr[data-symbol="BTC"] a');
  await page.waitForURL(/\/coin\/BTC/);
  await page.waitForSelector('[data-panel="price"] canvas');
  assert.equal(await page.getAttribute('.price.big', 'data-price'), latest.BTC);
  await page.click('.segments button:has-text("All")');
  await page.waitForURL(/range=All/);
  const [known] = query("select count(*) as count, min(cast(price as numeric)) as low, max(cast(price as numeric)) as high from quotes where symbol = 'BTC'");
  await page.waitForFunction((count) => document.querySelector('[data-panel="statistics"]')?.textContent.replaceAll(',', '').includes(`Prices${count}`), known.count);
  const figures = (await page.textContent('[data-panel="statistics"]')).replaceAll(',', '');
  for (const [name, value] of [['Low', known.low], ['High', known.high]]) assert.ok(figures.includes(`${name}${Number(value).toFixed(2)}`), `${name} ${value} in ${figures}`);

  // The chart's table and its CSV hold the same; its picture is one.
  await page.click('[data-panel="price"] button[aria-pressed]:has(svg)');
  await page.waitForURL(/tables=price/);
  // All is shown as finely as it can be, though it was asked from the beginning of time.
  await page.waitForFunction(() => document.querySelectorAll('[data-panel="price"] .sheet tbody tr').length > 100);
  await page.waitForFunction(() => !document.querySelector('[data-panel="price"][aria-busy="true"]'));
  const rows = await page.$$eval('[data-panel="price"] .sheet tbody tr', (all) => all.map((row) => [...row.children].map((cell) => cell.textContent).join(',')));
  const candles = await saved(page, () => page.click('[data-panel="price"] button:has-text("CSV")'));
  assert.deepEqual(candles.bytes.toString().trim().split('\r\n').slice(1, 1 + rows.length), rows);
  await page.click('[data-panel="price"] button[aria-pressed]:has(svg)');
  const picture = await saved(page, () => page.click('[data-panel="price"] button:has-text("PNG")'));
  assert.equal(picture.bytes.subarray(1, 4).toString(), 'PNG');
  assert.ok(picture.bytes.length > 5000, `a picture of ${picture.bytes.length} bytes`);

  // The whole address opens again as it is; Back leads back.
  await page.goto(`${base}/coin/ETH?range=All&chart=line&scale=log&indicators=sma:20`);
  await page.waitForSelector('[data-panel="price"] canvas');
  assert.equal(await page.getAttribute('button:has-text("Line")', 'aria-pressed'), 'true');
  if (served.indicators) await page.waitForFunction(() => document.querySelector('[data-panel="price"] .legend')?.textContent.includes('SMA 20'));

  // Shares, of the same market caps.
  await page.click('nav a:has-text("Share")');
  await page.waitForSelector('[data-panel="shares"] li[data-symbol="BTC"]');
  const caps = query("select symbol, market_cap from quotes q where market_cap is not null and time = (select max(time) from quotes where symbol = q.symbol and market_cap is not null)");
  const total = caps.reduce((sum, row) => sum + Number(row.market_cap), 0);
  const share = (Number(caps.find((row) => row.symbol === 'BTC').market_cap) / total) * 100;
  assert.ok((await page.textContent('[data-panel="shares"] li[data-symbol="BTC"]')).includes(`${share.toFixed(2)} %`));
  await page.waitForSelector('[data-panel="treemap"] canvas');

  // What is wrong, or that nothing is.
  await page.click('nav a:has-text("Pipeline")');
  await page.waitForSelector('[data-panel="checks"] li');
  await page.keyboard.press('Tab');
  await seen.close();
}

const HISTORY = { coins: 6, days: 3, minutes: 30 };

test('SQLite: every page says what the database says', async ({ browser, program }) => {
  const world = new World(program);
  try {
    world.run('run', '--source', 'simulator', '--simulator-records', '1', '--once', '--to', 'sqlite:prices.db');
    world.sqlite('', `delete from quotes;\n${sql(HISTORY)}`);
    const port = await freePort();
    await world.dashboard('sqlite:prices.db', port);
    const query = (statement) => JSON.parse(world.sqlite(statement) || '[]');
    await learn(`http://127.0.0.1:${port}`);
    await compare(browser, `http://127.0.0.1:${port}`, query);
    await walk(browser, `http://127.0.0.1:${port}`);
  } finally {
    await world.close();
  }
});

test('PostgreSQL: every page says what the database says', async ({ browser, program, pgUp }) => {
  const world = new World(program);
  const postgres = new Postgres(world, pgUp);
  try {
    await postgres.start();
    world.run('run', '--source', 'simulator', '--simulator-records', '1', '--once', '--to', 'postgres');
    postgres.query(`delete from quotes;\n${sql(HISTORY)}`);
    const port = await freePort();
    await world.dashboard('postgres', port);
    const query = (statement) => JSON.parse(postgres.query(`select coalesce(json_agg(r), '[]') from (${statement.replace(/\b(price|market_cap)\b(?=,| from)/g, '$1::text')}) r`));
    await learn(`http://127.0.0.1:${port}`);
    await compare(browser, `http://127.0.0.1:${port}`, query);
  } finally {
    await postgres.stop();
    await world.close();
  }
});

// ---- what holds while prices come

test('live: prices are on screen at once, stand still in a pause, and go on after a restart without gap or reload', async ({ browser, program }) => {
  const world = new World(program);
  try {
    const pipeline = world.start(program, 'run', '--source', 'simulator', '--simulator-rate', '20', '--to', 'sqlite:prices.db');
    await until('the first rows', () => {
      try {
        return Number(JSON.parse(world.sqlite('select count(*) as n from quotes'))[0].n) > 20;
      } catch {
        return false;
      }
    });
    const port = await freePort();
    let dashboard = await world.dashboard('sqlite:prices.db', port);
    const seen = new Seen();
    const page = await seen.open(browser, `http://127.0.0.1:${port}/`);
    await live(page);
    await page.waitForSelector('tr[data-symbol="BTC"]');

    // Each price that the table shows, with the moment it was shown.
    await page.evaluate(() => {
      window.neverReloaded = true;
      window.shown = [];
      const note = (cell) => window.shown.push([cell.closest('tr').dataset.symbol, cell.dataset.price, Date.now()]);
      new MutationObserver((changes) => changes.forEach((change) => note(change.target))).observe(document.querySelector('tbody'), { subtree: true, attributes: true, attributeFilter: ['data-price'] });
    });
    await page.waitForFunction(() => window.shown.length >= 150);
    const shown = await page.evaluate(() => window.shown);
    const arrived = new Map();
    for (const record of world.records('quotes')) {
      const key = `${record.key} ${record.value.price}`;
      arrived.set(key, [...(arrived.get(key) ?? []), record.timestamp]);
    }
    const delays = shown.map(([symbol, price, at]) => {
      const times = (arrived.get(`${symbol} ${price}`) ?? []).filter((time) => time <= at);
      assert.ok(times.length, `${symbol} ${price} is on screen, but not in the log`);
      return at - Math.max(...times);
    }).sort((a, b) => a - b);
    const p95 = delays[Math.floor(delays.length * 0.95)];
    console.log(`   ${delays.length} prices, from the log to the screen: median ${delays[delays.length >> 1]} ms, p95 ${p95} ms`);
    assert.ok(p95 <= 2000, `p95 of ${p95} ms`);    // the aim is 300 ms; this finds what is broken, not a machine that others use too

    // A pause.
    await page.click('button[aria-label="Pause"]');
    await page.waitForSelector('[data-status="paused"]');
    const before = await shownPrices(page);
    await page.waitForFunction(() => Number(document.querySelector('.pause .count')?.textContent) > 0);
    assert.deepEqual(await shownPrices(page), before);
    await page.click('button[aria-label="Pause"]');
    await page.waitForFunction((price) => document.querySelector('tr[data-symbol="BTC"] [data-price]').dataset.price !== price, before.BTC);

    // The server goes and comes back.
    seen.away = true;
    await world.stop(dashboard);
    await page.waitForSelector('[data-status="disconnected"]');
    await page.waitForSelector('.banner');
    dashboard = await world.dashboard('sqlite:prices.db', port);
    await live(page);
    seen.away = false;
    const count = await page.evaluate(() => window.shown.length);
    await page.waitForFunction((n) => window.shown.length > n + 20, count);
    assert.equal(await page.evaluate(() => window.neverReloaded), true, 'the page was not loaded again');

    // At the end the screen says what the database says: nothing was lost on the way.
    assert.equal(await world.stop(pipeline), 0);
    const rows = JSON.parse(world.sqlite('select symbol, price from quotes q where rowid = (select rowid from quotes where symbol = q.symbol order by time desc, rowid desc limit 1)'));
    const latest = Object.fromEntries(rows.map((row) => [row.symbol, row.price]));
    await page.waitForFunction((prices) => Object.entries(prices).every(([symbol, price]) => document.querySelector(`tr[data-symbol="${symbol}"] [data-price]`)?.dataset.price === price), latest);
    await seen.close();
    await world.stop(dashboard);
  } finally {
    await world.close();
  }
});

test('the first load is small and quick', async ({ browser, program }) => {
  const world = new World(program);
  try {
    world.run('run', '--source', 'simulator', '--simulator-records', '20', '--once', '--to', 'sqlite:prices.db');
    const port = await freePort();
    await world.dashboard('sqlite:prices.db', port);
    const seen = new Seen();
    const page = await seen.open(browser, `about:blank`, {});
    seen.origin = `http://127.0.0.1:${port}`;
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    let bytes = 0;
    session.on('Network.loadingFinished', (event) => (bytes += event.encodedDataLength));
    const begin = Date.now();
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.waitForSelector('tr[data-symbol] [data-price]');
    const milliseconds = Date.now() - begin;
    await live(page);
    console.log(`   ${(bytes / 1000).toFixed(0)} kB, prices after ${milliseconds} ms`);
    assert.ok(bytes <= 250_000, `${bytes} bytes`);
    // One second is the aim where nothing else runs; tests share the machine.
    assert.ok(milliseconds <= 5000, `${milliseconds} ms`);
    await seen.close();
  } finally {
    await world.close();
  }
});

// ---- run

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: CHROMIUM });
const wanted = process.env.ONLY;
let failed = 0;
for (const [name, run] of cases) {
  if (wanted && !name.includes(wanted)) continue;
  const begin = Date.now();
  try {
    await run({ browser, program, pgUp });
    console.log(`ok ${name} (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
  } catch (error) {
    ++failed;
    console.log(`FAILED ${name}\n${error.stack}`);
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
