import { describe, expect, it } from 'vitest';
import * as decimal from '../src/decimal';

describe('exact decimal texts', () => {
  it('show a price digit by digit as it came', () => {
    expect(decimal.price('60254.230')).toBe('60,254.230');
    expect(decimal.price('1.00000')).toBe('1.00000');
    expect(decimal.price('0.00001823')).toBe('0.00001823');
    // Neither of these is a binary number.
    expect(decimal.price('0.1')).toBe('0.1');
    expect(decimal.price('9007199254.93')).toBe('9,007,199,254.93');
  });
  it('cut only what a conversion made longer than can be read', () => {
    expect(decimal.price('658214.123456789012')).toBe('658,214.12');
    expect(decimal.price('0.000018230000000001')).toBe('0.0000182300');
  });
  it('multiply exactly', () => {
    expect(decimal.multiply('67246.64', '10.41')).toBe('700037.5224');
    expect(decimal.multiply('-0.10', '3')).toBe('-0.30');
    expect(decimal.multiply('12345678901234567890.123456789', '1.000000001')).toBe('12345678913580246791.358024679123456789');
    expect(decimal.multiply('1e-8', '2')).toBe('0.00000002');
    expect(decimal.multiply('x', '2')).toBeUndefined();
  });
  it('round half to even', () => {
    expect(['0.125', '0.135', '-0.125', '2.5'].map((text) => decimal.round(text, text === '2.5' ? 0 : 2))).toEqual(['0.12', '0.14', '-0.12', '2']);
    expect(decimal.round('1.5', 4)).toBe('1.5');
  });
  it('shorten large amounts', () => {
    expect(['1318456789012.5', '34200000000', '999', '118000000', '0'].map(decimal.compact)).toEqual(['1.32 T', '34.20 B', '999', '118.0 M', '0']);
  });
  it('leave what is no number as it is', () => {
    expect(decimal.price('–')).toBe('–');
    expect(decimal.compact('')).toBe('');
  });
});
