// Where the nodes of a topology stand: in layers from left to right.
import type { TopologyNode } from './api';

export interface Box {
  node: TopologyNode;
  x: number;
  y: number;
}

/** Of a node's box. */
export const WIDTH = 196;
export const HEIGHT = 38;
const GAP_X = 46;
const GAP_Y = 16;

/** Each node one layer after the last of those it follows; in a layer, near the middle of its parents. */
export function layout(nodes: TopologyNode[]): { boxes: Box[]; width: number; height: number } {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const depth = new Map<string, number>();
  const find = (name: string, above: Set<string>): number => {
    const known = depth.get(name);
    if (known !== undefined) return known;
    if (above.has(name)) return 0;
    const parents = (byName.get(name)?.after ?? []).filter((parent) => byName.has(parent));
    const inner = new Set(above).add(name);
    const value = parents.length ? 1 + Math.max(...parents.map((parent) => find(parent, inner))) : 0;
    depth.set(name, value);
    return value;
  };
  const byDepth: TopologyNode[][] = [];
  for (const node of nodes) (byDepth[find(node.name, new Set())] ??= []).push(node);
  // Where topics lead back, a depth may have no node.
  const layers = byDepth.filter((layer) => layer.length > 0);
  const place = new Map<string, number>();
  const boxes: Box[] = [];
  const tallest = Math.max(1, ...layers.map((layer) => layer.length));
  layers.forEach((layer, x) => {
    const wanted = (node: TopologyNode): number => {
      const rows = (node.after ?? []).map((parent) => place.get(parent)).filter((row) => row !== undefined);
      return rows.length ? rows.reduce((a, b) => a + b, 0) / rows.length : 0;
    };
    const ordered = layer.map((node) => [wanted(node), node] as const).sort((a, b) => a[0] - b[0]);
    const offset = (tallest - ordered.length) / 2;
    ordered.forEach(([, node], row) => {
      place.set(node.name, row + offset);
      boxes.push({ node, x: x * (WIDTH + GAP_X) + 2, y: (row + offset) * (HEIGHT + GAP_Y) + 2 });
    });
  });
  return { boxes, width: layers.length * (WIDTH + GAP_X) - GAP_X + 4, height: tallest * (HEIGHT + GAP_Y) - GAP_Y + 4 };
}
