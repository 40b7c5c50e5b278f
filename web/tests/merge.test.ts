import { describe, expect, it } from 'vitest';
import type { Coin, Coins } from '../src/api';
import { emptyView, forgetSequence, takeQuote, takeSnapshot, type View } from '../src/merge';

const coin = (price: string, time: number, more: Partial<Coin> = {}): Coin => ({ symbol: 'BTC', price, time, ...more });
const snapshot = (sequence: number, coins: Coin[], currency = 'USD'): Coins => ({ currency, sequence, market: {}, coins });
const price = (view: View): string | undefined => view.coins.get('BTC')?.price;

describe('snapshot and events', () => {
  it('take each event once, and none that the snapshot holds', () => {
    const view = emptyView('USD', 'USD');
    takeSnapshot(view, snapshot(10, [coin('1.0', 100)]));
    expect(takeQuote(view, 10, coin('9.0', 200))).toBe(false);
    expect(takeQuote(view, 11, coin('2.0', 200))).toBe(true);
    expect(takeQuote(view, 11, coin('3.0', 300))).toBe(false);
    expect(price(view)).toBe('2.0');
  });
  it('never go back in time', () => {
    const view = emptyView('USD', 'USD');
    takeSnapshot(view, snapshot(1, [coin('1.0', 100)]));
    takeQuote(view, 5, coin('2.0', 200));
    expect(takeQuote(view, 6, coin('1.5', 150))).toBe(false);
    // Read before the event came.
    takeSnapshot(view, snapshot(3, [coin('1.0', 100, { rank: 1 })]));
    expect([price(view), view.coins.get('BTC')?.rank, view.sequence]).toEqual(['2.0', 1, 6]);
  });
  it('keep what an event does not say', () => {
    const view = emptyView('USD', 'USD');
    takeSnapshot(view, snapshot(1, [coin('1.0', 100, { name: 'Bitcoin', market_cap: '20' })]));
    takeQuote(view, 2, coin('2.0', 200));
    expect(view.coins.get('BTC')).toEqual({ symbol: 'BTC', name: 'Bitcoin', market_cap: '20', price: '2.0', time: 200 });
  });
  it('convert exactly, with the newest rate known, and not at all without one', () => {
    const view = emptyView('USD', 'SEK');
    takeSnapshot(view, snapshot(1, [coin('10', 100)], 'SEK'));
    expect(takeQuote(view, 2, coin('2.00', 200))).toBe(false);
    takeQuote(view, 3, coin('2.00', 300, { market_cap: '3', rates: { SEK: '10.41' } }));
    expect([price(view), view.coins.get('BTC')?.market_cap]).toEqual(['20.8200', '31.23']);
    takeQuote(view, 4, coin('4', 400));
    expect(price(view)).toBe('41.64');
    // Another currency does not use that rate.
    takeSnapshot(view, snapshot(4, [coin('4', 400)], 'EUR'));
    expect(takeQuote(view, 5, coin('5', 500))).toBe(false);
  });
  it('begin anew after a reset', () => {
    const view = emptyView('USD', 'USD');
    takeSnapshot(view, snapshot(1000, [coin('1.0', 100), { symbol: 'ETH', price: '3', time: 100 }]));
    forgetSequence(view);
    expect(takeSnapshot(view, snapshot(2, [coin('1.0', 100)]))).toEqual(['ETH']);
    expect(takeQuote(view, 3, coin('2.0', 200))).toBe(true);
  });
});
