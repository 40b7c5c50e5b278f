// Takes the pictures of README and docs/dashboard.md: node pictures.mjs PROGRAM [ADDRESS] writes docs/images/*.png.
//
// A store with a month of invented prices of twenty-two coins is made, served and photographed; with an ADDRESS, what is served there is.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from './history.mjs';
import { freePort, World } from './world.mjs';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const { chromium } = createRequire(`${root}web/package.json`)('playwright-core');
const program = resolve(process.argv[2]);
const given = process.argv[3];

const PICTURES = [
  ['overview-dark', '/', 1440, 900, 'dark'],
  ['overview-light', '/', 1440, 900, 'light'],
  ['coin-dark', '/coin/BTC?range=7D&indicators=bollinger:20-2', 1440, 1000, 'dark'],
  ['compare-light', '/coin/ETH?range=30D&compare=BTC,SOL,XRP', 1440, 900, 'light'],
  ['share-dark', '/share?colour=change', 1440, 900, 'dark'],
  ['overview-small', '/', 360, 740, 'dark'],
  ['coin-small', '/coin/BTC?range=7D&chart=line', 360, 740, 'light'],
];

const world = new World(program);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
try {
  let base = given;
  if (!base) {
    world.run('run', '--source', 'simulator', '--simulator-records', '1', '--once', '--to', 'sqlite:prices.db');
    world.sqlite('', `delete from quotes;\n${sql({ coins: 22, minutes: 5 })}`);
    const port = await freePort();
    await world.dashboard('sqlite:prices.db', port);
    base = `http://127.0.0.1:${port}`;
  }
  mkdirSync(`${root}docs/images`, { recursive: true });
  for (const [name, path, width, height, colorScheme] of PICTURES) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce' });
    await page.goto(base + path);
    await page.waitForSelector('[data-status]:not([data-status="connecting"])');
    await page.waitForFunction(() => !document.querySelector('[aria-busy="true"], .skeleton'));
    await page.waitForTimeout(1500);
    const file = `${root}docs/images/dashboard-${name}.png`;
    await page.screenshot({ path: file });
    // Debian's pngquant makes them a third as large; without it they are only larger.
    spawnSync('pngquant', ['--force', '--skip-if-larger', '--strip', '--speed', '1', '--output', file, '256', file], { stdio: 'ignore' });
    await page.close();
  }
} finally {
  await browser.close();
  await world.close();
}
