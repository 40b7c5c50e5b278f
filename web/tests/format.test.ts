import { describe, expect, it } from 'vitest';
import * as format from '../src/format';
import { csv } from '../src/sheet';

describe('what people read', () => {
  it('says a change by sign and direction', () => {
    expect(format.percent('1.005')).toEqual({ text: '+1.00 %', direction: 'up' });
    expect(format.percent('-12.3456')).toEqual({ text: '−12.35 %', direction: 'down' });
    expect(format.percent('-0.0001')).toEqual({ text: '0.00 %', direction: 'flat' });
    expect(format.percent(undefined)).toEqual({ text: '–', direction: 'flat' });
    expect(format.percent(1234.5).text).toBe('+1,234.50 %');
  });
  it('says ages in one unit, and never a negative one', () => {
    expect([-5000, 400, 12_300, 240_000, 7_200_000, 3 * 86_400_000].map(format.age)).toEqual(['now', 'now', '12 s', '4 min', '2 h', '3 d']);
  });
  it('says times in UTC', () => {
    expect(format.time(1795523598666)).toBe('2026-11-24 12:33:18');
  });
  it('gives small numbers the digits that they need', () => {
    expect([67246.6432, 0.5231, 0.00001823, 0].map((n) => format.number(n))).toEqual(['67,246.64', '0.5231', '0.00001823', '0.00']);
  });
});

describe('CSV', () => {
  it('quotes what needs it and disarms formulas, but not numbers', () => {
    expect(csv({ columns: ['a', 'b'], rows: [['-1.5', '=1+1'], ['x,"y"', '@sum']] })).toBe('a,b\r\n-1.5,\'=1+1\r\n"x,""y""",\'@sum\r\n');
  });
});
