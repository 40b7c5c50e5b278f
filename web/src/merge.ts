// How what the server tells becomes what is shown: a snapshot, then events, each once and none older than what is there.
import type { Coin, Coins } from './api';
import { multiply } from './decimal';

export interface View {
  currency: string;
  stored: string;
  sequence: number;
  coins: Map<string, Coin>;
  /** Units of the shown currency for one of the stored one, as last heard. */
  rate: string | undefined;
}

export function emptyView(stored: string, currency: string): View {
  return { currency, stored, sequence: 0, coins: new Map(), rate: undefined };
}

/** The money fields of a coin, which a currency converts. */
const MONEY = ['price', 'volume_24h', 'market_cap'] as const;

/** Takes a snapshot; returns the symbols whose values are other than before. */
export function takeSnapshot(view: View, coins: Coins): string[] {
  const changed: string[] = [];
  const gone = new Set(view.coins.keys());
  const sameCurrency = view.currency === coins.currency;
  for (const coin of coins.coins) {
    gone.delete(coin.symbol);
    const old = view.coins.get(coin.symbol);
    // A snapshot may have been read before the events that are already shown.
    const next = old && sameCurrency && old.time > coin.time ? { ...coin, price: old.price, time: old.time } : coin;
    if (!old || JSON.stringify(old) !== JSON.stringify(next)) changed.push(coin.symbol);
    view.coins.set(coin.symbol, next);
  }
  for (const symbol of gone) {
    view.coins.delete(symbol);
    changed.push(symbol);
  }
  if (!sameCurrency) view.rate = undefined;
  view.currency = coins.currency;
  view.sequence = Math.max(view.sequence, coins.sequence);
  return changed;
}

/** After a `reset` the server counts anew. */
export function forgetSequence(view: View): void {
  view.sequence = 0;
}

/** Takes one event; returns whether anything that is shown changed. */
export function takeQuote(view: View, id: number, event: Coin): boolean {
  if (id <= view.sequence) return false;
  view.sequence = id;
  const old = view.coins.get(event.symbol);
  if (old && event.time < old.time) return false;
  const { rates, ...fields } = event;
  let coin: Coin = fields;
  if (view.currency !== view.stored) {
    const rate = rates?.[view.currency] ?? view.rate;
    if (!rate) return false;
    view.rate = rate;
    coin = { ...fields };
    for (const field of MONEY) {
      const value = coin[field];
      if (value === undefined) continue;
      const converted = multiply(value, rate);
      if (converted !== undefined) coin[field] = converted;
    }
  }
  view.coins.set(event.symbol, { ...old, ...coin });
  return true;
}
