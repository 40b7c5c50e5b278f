// The graph of an application: topics, sources, processors, sinks, from left to right, in layers.
import { useMemo, useRef } from 'preact/hooks';
import type { TopologyNode } from '../api';
import { themeColour } from '../colours';
import { HEIGHT, layout, WIDTH, type Box } from '../layout';
import { Panel } from './panel';

const COLOURS: Record<TopologyNode['kind'], string> = { topic: 'accent', source: 'up', processor: 'muted', sink: 'warn' };
const WORDS: Record<TopologyNode['kind'], string> = { topic: 'topic', source: 'source', processor: 'step', sink: 'sink' };

/** KSTREAM-FILTER-0000000002 is KSTREAM-FILTER-2 where there is little room. */
function short(name: string): string {
  const brief = name.replace(/-0+(\d+)/g, '-$1');
  return brief.length > 24 ? `${brief.slice(0, 12)}…${brief.slice(-11)}` : brief;
}

function curve(a: Box, b: Box): [number, number, number, number, number] {
  const x1 = a.x + WIDTH;
  const y1 = a.y + HEIGHT / 2;
  const y2 = b.y + HEIGHT / 2;
  return [x1, y1, b.x, y2, (b.x - x1) / 2];
}

export function Topology({ name, id, nodes, text }: { name: string; id: string; nodes: TopologyNode[]; text: string | undefined }) {
  const key = JSON.stringify(nodes);
  const { boxes, width, height } = useMemo(() => layout(nodes), [key]);
  const byName = new Map(boxes.map((box) => [box.node.name, box]));
  const edges = boxes.flatMap((box) => (box.node.after ?? []).flatMap((parent) => (byName.has(parent) ? [[byName.get(parent)!, box] as const] : [])));
  const scroller = useRef<HTMLDivElement>(null);

  const picture = (): HTMLCanvasElement => {
    const scale = devicePixelRatio * 1.5;
    const canvas = document.createElement('canvas');
    canvas.width = (width + 24) * scale;
    canvas.height = (height + 24) * scale;
    const c = canvas.getContext('2d');
    if (!c) return canvas;
    c.scale(scale, scale);
    c.translate(12, 12);
    c.strokeStyle = themeColour('muted');
    for (const [a, b] of edges) {
      const [x1, y1, x2, y2, bend] = curve(a, b);
      c.beginPath();
      c.moveTo(x1, y1);
      c.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2, y2);
      c.stroke();
    }
    const font = getComputedStyle(document.body).fontFamily;
    for (const { node, x, y } of boxes) {
      c.fillStyle = themeColour('raised');
      c.strokeStyle = themeColour(COLOURS[node.kind]);
      c.beginPath();
      c.roundRect(x, y, WIDTH, HEIGHT, 7);
      c.fill();
      c.stroke();
      c.fillStyle = themeColour('text');
      c.font = `600 11px ${font}`;
      c.fillText(short(node.name), x + 12, y + 16, WIDTH - 20);
      c.fillStyle = themeColour('muted');
      c.font = `10px ${font}`;
      c.fillText(WORDS[node.kind], x + 12, y + 30);
    }
    return canvas;
  };

  return (
    <Panel name={`topology-${name}`} title={`Topology of ${id}`} note={`${nodes.length} nodes`} picture={picture}
      sheet={() => ({ columns: ['Node', 'Kind', 'After'], rows: nodes.map((node) => [node.name, WORDS[node.kind], (node.after ?? []).join(' ')]) })}>
      <div class="topology" ref={scroller} tabIndex={0} role="group" aria-label={`Graph of ${nodes.length} nodes; the table lists them`}>
        <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={`Topology of ${id}`}>
          {edges.map(([a, b]) => {
            const [x1, y1, x2, y2, bend] = curve(a, b);
            return <path key={`${a.node.name} ${b.node.name}`} class="edge" d={`M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`} />;
          })}
          {boxes.map(({ node, x, y }) => (
            <g key={node.name} class={`node ${node.kind}`} transform={`translate(${x} ${y})`}>
              <title>{`${WORDS[node.kind]} ${node.name}`}</title>
              <rect width={WIDTH} height={HEIGHT} rx="7" />
              <text x="12" y="16" class="name">{short(node.name)}</text>
              <text x="12" y="30" class="kind">{WORDS[node.kind]}</text>
            </g>
          ))}
        </svg>
      </div>
      {text && <details class="described"><summary>As text</summary><pre tabIndex={0}>{text}</pre></details>}
    </Panel>
  );
}
