import { describe, expect, it } from 'vitest';
import type { Pipeline, TopologyNode } from '../src/api';
import { layout } from '../src/layout';
import { problems } from '../src/problems';

const NOW = 1_800_000_000_000;
const well: Pipeline = {
  uptime: 60,
  checks: [{ name: 'store', ok: true }],
  applications: [{ id: 'run', state: 'running', lag: [{ topic: 'quotes', partition: 0, records: 3 }], dead_letters: 0 }],
  sources: [{ name: 'coincap', up: true, age: 12, requests_left: 100 }],
  sinks: [{ name: 'sqlite', failures: 2, last_success: NOW - 500 }],
};

describe('what needs a look', () => {
  it('is nothing while all is well, past failures of a sink that writes again included', () => {
    expect(problems(well, NOW)).toEqual([]);
  });
  it('is told the worst first, with its reason', () => {
    const ill: Pipeline = {
      ...well,
      checks: [{ name: 'store', ok: false, message: 'disk full' }],
      applications: [{ id: 'run', state: 'running', dead_letters: 3, lag: [{ topic: 'quotes', partition: 0, records: 6000 }, { topic: 'quotes', partition: 1, records: 6000 }] }],
      sources: [{ name: 'coincap', up: true, age: 200 }, { name: 'ecb', up: true, age: 700 }, { name: 'coinbase', up: false }],
      sinks: [{ name: 'sqlite', failures: 9, last_success: NOW - 120_000 }],
    };
    expect(problems(ill, NOW).map((p) => `${p.bad ? 'bad' : 'warn'} ${p.what}: ${p.why}`)).toEqual([
      'bad store: disk full', 'bad ecb: its newest data is 11 min 40 s old', 'bad coinbase: the source does not answer', 'bad sqlite: nothing was written for 2 min',
      'warn coincap: its newest data is 3 min 20 s old', 'warn run: 3 records went to the dead letters', 'warn run: is 12,000 records behind',
    ]);
  });
});

describe('the topology', () => {
  const place = (nodes: TopologyNode[]) => Object.fromEntries(layout(nodes).boxes.map((box) => [box.node.name, box.x]));
  it('stands each node after all that it follows', () => {
    const at = place([{ name: 'd', kind: 'sink', after: ['b', 'c'] }, { name: 'a', kind: 'source' }, { name: 'b', kind: 'processor', after: ['a'] }, { name: 'c', kind: 'processor', after: ['b', 'unknown'] }]);
    expect([at['a']! < at['b']!, at['b']! < at['c']!, at['c']! < at['d']!]).toEqual([true, true, true]);
  });
  it('ends where topics lead back, and no two nodes stand on one place', () => {
    const { boxes } = layout([{ name: 'a', kind: 'topic', after: ['c'] }, { name: 'b', kind: 'processor', after: ['a'] }, { name: 'c', kind: 'sink', after: ['b'] }, { name: 'e', kind: 'sink', after: ['b'] }]);
    expect(new Set(boxes.map((box) => `${box.x} ${box.y}`)).size).toBe(4);
  });
});
