// One colour for each coin, the same in every line, slice and dot, in both themes.

/** Coins that people know by a colour, and the most traded ones far enough apart to be told. */
const KNOWN: Record<string, string> = {
  BTC: '#f7931a', ETH: '#6f86f7', USDT: '#26a17b', BNB: '#e8b70c', SOL: '#a35cf5', XRP: '#3fa9d6', USDC: '#2f80ed', ADA: '#3562e8',
  DOGE: '#c2a633', TRX: '#ef4b4b', TON: '#2ea8e0', AVAX: '#e8615a', LINK: '#5b7cf0', DOT: '#e6368c', MATIC: '#9255f0', POL: '#9255f0',
  LTC: '#8a9bb5', SHIB: '#f0713c', BCH: '#4fc98a', UNI: '#f36db0', XLM: '#7a93a8', ATOM: '#7b6fd0', XMR: '#f2793a', ETC: '#5fa778',
  ICP: '#d659c4', NEAR: '#35c6a0', APT: '#46b8b0', ARB: '#4b9ce8', OP: '#f0525a', FIL: '#2bb5d8', HBAR: '#94a0b0', VET: '#2fbfdc', DAI: '#f0b13e',
  AAVE: '#b07ad9', ALGO: '#9fb0a0', SUI: '#57a5f5', PEPE: '#58b04b', MKR: '#31b39b', LEO: '#e3a04f',
};

function hash(text: string): number {
  let h = 2166136261;
  for (let i = 0; i < text.length; ++i) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return h >>> 0;
}

function hsl(hue: number, saturation: number, lightness: number): string {
  const a = saturation * Math.min(lightness, 1 - lightness);
  const part = (n: number): string => {
    const k = (n + hue / 30) % 12;
    const value = lightness - a * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(255 * value).toString(16).padStart(2, '0');
  };
  return `#${part(0)}${part(8)}${part(4)}`;
}

export function colourOf(symbol: string): string {
  const known = KNOWN[symbol];
  if (known) return known;
  const h = hash(symbol);
  return hsl((h % 360 + 360) % 360, 0.45 + ((h >>> 9) % 25) / 100, 0.5 + ((h >>> 15) % 14) / 100);
}

/** The rest of a market, which is no coin. */
export const OTHERS = '#7c879a';

/** What charts that paint themselves take from the style sheet. */
export function themeColour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** The colour with so much of it left, as #rrggbbaa. */
export function faded(colour: string, alpha: number): string {
  return colour + Math.round(alpha * 255).toString(16).padStart(2, '0');
}
