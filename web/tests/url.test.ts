import { describe, expect, it } from 'vitest';
import * as url from '../src/url';

describe('the address', () => {
  it('names page, coin and choices', () => {
    const route = url.parse('/coin/BTC', '?compare=ETH,SOL&range=7D');
    expect([route.page, route.symbol, url.list(route, 'compare')]).toEqual(['coin', 'BTC', ['ETH', 'SOL']]);
    expect(url.parse('/', '').page).toBe('overview');
    expect(url.parse('/coin/%E0%A4%A', '').symbol).toBeUndefined();
  });
  it('leaves defaults out and keeps the rest', () => {
    const route = url.parse('/coin/BTC', '?range=7D&theme=dark');
    expect(url.changed(route, { range: undefined, compare: 'ETH,SOL' })).toBe('/coin/BTC?theme=dark&compare=ETH,SOL');
  });
  it('takes currency and theme to other pages, and all choices to another coin', () => {
    const route = url.parse('/coin/BTC', '?range=7D&currency=SEK');
    expect(url.link(route, 'share')).toBe('/share?currency=SEK');
    expect(url.link(route, 'coin', 'ETH')).toBe('/coin/ETH?range=7D&currency=SEK');
  });
  it('gives ranges that end now, ranges between dates, and never an unknown one', () => {
    const now = 1795523598666;
    expect(url.range(url.parse('/coin/BTC', '?range=1H'), now)).toEqual({ from: now - url.HOUR, to: undefined, name: '1H' });
    expect(url.range(url.parse('/coin/BTC', '?range=All'), now).from).toBe(0);
    expect(url.range(url.parse('/coin/BTC', '?range=constructor'), now).name).toBe('24H');
    expect(url.range(url.parse('/coin/BTC', '?from=2026-11-01T00:00&to=2026-11-02T00:00'), now)).toEqual({ from: Date.UTC(2026, 10, 1), to: Date.UTC(2026, 10, 2), name: undefined });
  });
});
