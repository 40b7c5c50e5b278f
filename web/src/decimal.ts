// Exact decimal texts: prices are shown as they came, never through a binary number.

interface Parts {
  negative: boolean;
  coefficient: bigint;
  scale: number;
}

function parse(text: string): Parts | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text.trim());
  if (!match || !((match[2] ?? '') + (match[3] ?? ''))) return undefined;
  const fraction = match[3] ?? '';
  let coefficient = BigInt((match[2] ?? '') + fraction);
  let scale = fraction.length - Number(match[4] ?? 0);
  if (scale < 0) {
    coefficient *= 10n ** BigInt(-scale);
    scale = 0;
  }
  return { negative: match[1] === '-', coefficient, scale };
}

function write({ negative, coefficient, scale }: Parts): string {
  const digits = coefficient.toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  return (negative && coefficient > 0n ? '-' : '') + digits.slice(0, point) + (scale > 0 ? '.' + digits.slice(point) : '');
}

/** The same number without exponent, or undefined where the text is no number. */
export function plain(text: string): string | undefined {
  const parts = parse(text);
  return parts && write(parts);
}

/** The exact product. */
export function multiply(a: string, b: string): string | undefined {
  const x = parse(a);
  const y = parse(b);
  if (!x || !y) return undefined;
  return write({ negative: x.negative !== y.negative, coefficient: x.coefficient * y.coefficient, scale: x.scale + y.scale });
}

/** Rounded half to even, with exactly so many decimals unless there are fewer. */
export function round(text: string, decimals: number): string {
  const parts = parse(text);
  if (!parts) return text;
  if (parts.scale <= decimals) return write(parts);
  const unit = 10n ** BigInt(parts.scale - decimals);
  let coefficient = parts.coefficient / unit;
  const rest = (parts.coefficient % unit) * 2n;
  if (rest > unit || (rest === unit && coefficient % 2n === 1n)) coefficient += 1n;
  return write({ negative: parts.negative, coefficient, scale: decimals });
}

/** With thin groups of three before the point: 60,254.230. */
export function group(text: string): string {
  const [whole = '', fraction] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** A price as a table shows it: as it is, but cut to what can be read where a conversion gave many digits. */
export function price(text: string): string {
  const exact = plain(text);
  if (exact === undefined) return text;
  const [whole = '', fraction = ''] = exact.replace('-', '').split('.');
  if ((whole + fraction).replace(/^0+/, '').length <= 12) return group(exact);
  const zeros = /^0*/.exec(fraction)?.[0].length ?? 0;
  return group(round(exact, whole === '0' ? zeros + 6 : Math.max(2, 8 - whole.length)));
}

const UNITS: [number, string][] = [[15, 'Q'], [12, 'T'], [9, 'B'], [6, 'M'], [3, 'K']];

/** A large amount, short: 1.18 T, 34.2 B, 950. */
export function compact(text: string): string {
  const parts = parse(text);
  if (!parts) return text;
  const whole = (parts.coefficient / 10n ** BigInt(parts.scale)).toString().length;
  for (const [zeros, unit] of UNITS) {
    if (whole <= zeros) continue;
    const before = whole - zeros;
    return `${group(round(write({ ...parts, scale: parts.scale + zeros }), before >= 3 ? 1 : 2))} ${unit}`;
  }
  return group(round(write(parts), 2));
}
