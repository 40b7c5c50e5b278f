// Lines and candles over time, on lightweight-charts. Loaded when a page wants it.
import {
  AreaSeries, BaselineSeries, CandlestickSeries, ColorType, createChart, CrosshairMode, HistogramSeries, LineSeries, LineStyle, PriceScaleMode, TickMarkType,
  type IChartApi, type ISeriesApi, type SeriesType, type Time, type UTCTimestamp,
} from 'lightweight-charts';
import { faded, themeColour } from '../colours';
import * as format from '../format';

export interface Line {
  /** What makes it the same line when new data comes. */
  key: string;
  name: string;
  kind: 'line' | 'area' | 'candles' | 'columns' | 'baseline';
  colour: string;
  /** [ms, value], or [ms, open, high, low, close] of candles; ascending. */
  data: number[][];
  pane?: number;
  /** Drawn over another line's scale at the foot of its pane, as volumes are. */
  foot?: boolean;
  dashed?: boolean;
  thin?: boolean;
  /** Colours of the columns, one each. */
  colours?: string[];
  format?: (value: number) => string;
}

export interface Settings {
  log: boolean;
  /** When this changes the whole range is shown again; else the reader's zoom is kept. */
  fit: string;
  heights: number[];
  /** Axes and crosshair are left out: a small picture. */
  seconds: boolean;
}

type Row = { time: UTCTimestamp; value?: number; open?: number; high?: number; low?: number; close?: number; color?: string };

const seconds = (ms: number): UTCTimestamp => Math.floor(ms / 1000) as UTCTimestamp;

function rows(line: Line): Row[] {
  const result: Row[] = [];
  let last = -Infinity;
  line.data.forEach((point, i) => {
    const time = seconds(point[0] ?? 0);
    const row: Row =
      line.kind === 'candles' ? { time, open: point[1]!, high: point[2]!, low: point[3]!, close: point[4]! } : { time, value: point[1]! };
    const colour = line.colours?.[i];
    if (colour) row.color = colour;
    if (time === last) result[result.length - 1] = row;
    else if (time > last) result.push(row);
    last = Math.max(last, time);
  });
  return result;
}

/** The step between neighbouring prices that a scale should be able to tell. */
function step(line: Line): number {
  const sample = line.data.at(-1)?.at(-1) ?? 1;
  const size = Math.abs(sample);
  if (size >= 1000) return 0.01;
  return 10 ** Math.max(-10, Math.floor(Math.log10(size || 1)) - 4);
}

export class TimeChart {
  private chart: IChartApi;
  private series = new Map<string, { series: ISeriesApi<SeriesType>; kind: string; pane: number; data: unknown; last: number }>();
  private fit = '';
  /** Whether all is shown, as it is until the reader zooms or moves. */
  private all = true;
  private lines: Line[] = [];

  constructor(
    root: HTMLElement,
    crosshair: (time: number | undefined) => void,
  ) {
    this.chart = createChart(root, {
      autoSize: true,
      // The logo would bring a style element with it, which the content security policy refuses: the page says whose charts they are.
      layout: { attributionLogo: false, panes: { enableResize: true } },
      crosshair: { mode: CrosshairMode.Normal },
      rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.08, bottom: 0.06 } },
      timeScale: { borderVisible: false, rightOffset: 2, timeVisible: true, minBarSpacing: 0.1, tickMarkFormatter: tick },
      localization: { timeFormatter: (time: Time) => `${format.time(Number(time) * 1000, true)} UTC` },
      handleScroll: { vertTouchDrag: false, mouseWheel: false },
      handleScale: { mouseWheel: false, axisPressedMouseMove: true, pinch: true },
    });
    this.chart.subscribeCrosshairMove((event) => crosshair(event.time === undefined ? undefined : Number(event.time) * 1000));
    // The wheel zooms only with a key held: a page must scroll over its charts.
    root.addEventListener('wheel', (event) => {
      if (!event.ctrlKey && !event.metaKey && !event.shiftKey) return;
      event.preventDefault();
      this.zoom(event.deltaY + event.deltaX > 0 ? 1.15 : 1 / 1.15);
    }, { passive: false });
    root.addEventListener('pointermove', (event) => {
      if (event.buttons) this.all = false;
    });
    this.chart.timeScale().subscribeSizeChange(() => {
      if (this.all) this.chart.timeScale().fitContent();
    });
    this.paint();
  }

  set(lines: Line[], settings: Settings): void {
    this.lines = lines;
    const wanted = new Map(lines.map((line) => [line.key, line]));
    for (const [key, held] of this.series) {
      const line = wanted.get(key);
      if (line && line.kind === held.kind && (line.pane ?? 0) === held.pane) continue;
      this.chart.removeSeries(held.series);
      this.series.delete(key);
    }
    // The reader's own range holds while the same question is asked; one that ends at the newest point stays at the newest.
    const scale = this.chart.timeScale();
    if (settings.fit !== this.fit) this.all = true;
    const kept = this.all || scale.scrollPosition() >= 0 ? null : scale.getVisibleRange();
    for (const line of lines) {
      let held = this.series.get(line.key);
      if (!held) {
        held = { series: this.add(line), kind: line.kind, pane: line.pane ?? 0, data: undefined, last: 0 };
        this.series.set(line.key, held);
      }
      held.series.applyOptions(style(line) as never);
      if (held.data === line.data) continue;
      const all = rows(line);
      held.series.setData(all as never);
      held.data = line.data;
      held.last = all.at(-1)?.time ?? 0;
    }
    this.chart.applyOptions({ timeScale: { secondsVisible: settings.seconds } });
    this.chart.priceScale('right', 0).applyOptions({ mode: settings.log ? PriceScaleMode.Logarithmic : PriceScaleMode.Normal });
    this.chart.panes().forEach((pane, i) => pane.setStretchFactor(settings.heights[i] ?? 100));
    if (this.all) scale.fitContent();
    else if (kept) scale.setVisibleRange(kept);
    this.fit = settings.fit;
    this.paint();
  }

  /** A newer last point, or one more: nothing else is drawn anew. */
  update(key: string, point: number[]): void {
    const held = this.series.get(key);
    const line = this.lines.find((l) => l.key === key);
    if (!held || !line) return;
    const row = rows({ ...line, data: [point], colours: [] })[0];
    if (!row || row.time < held.last) return;
    held.last = row.time;
    held.series.update(row as never);
  }

  private add(line: Line): ISeriesApi<SeriesType> {
    const types = { line: LineSeries, area: AreaSeries, candles: CandlestickSeries, columns: HistogramSeries, baseline: BaselineSeries };
    const series = this.chart.addSeries(types[line.kind] as never, style(line) as never, line.pane ?? 0) as ISeriesApi<SeriesType>;
    if (line.foot) series.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    return series;
  }

  /** Takes the colours of the theme. */
  paint(): void {
    this.chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: themeColour('panel') },
        textColor: themeColour('muted'),
        fontFamily: getComputedStyle(document.body).fontFamily,
        fontSize: 11,
        panes: { separatorColor: themeColour('line'), separatorHoverColor: faded(themeColour('accent'), 0.2) },
      },
      grid: { vertLines: { color: themeColour('grid') }, horzLines: { color: themeColour('grid') } },
      crosshair: {
        vertLine: { color: themeColour('muted'), labelBackgroundColor: themeColour('label') },
        horzLine: { color: themeColour('muted'), labelBackgroundColor: themeColour('label') },
      },
    });
    for (const line of this.lines) this.series.get(line.key)?.series.applyOptions(style(line) as never);
  }

  zoom(factor: number): void {
    const scale = this.chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (!range) return;
    this.all = false;
    const width = (range.to - range.from) * factor;
    scale.setVisibleLogicalRange({ from: range.to - width, to: range.to });
  }

  /** Moves by a part of what is seen: −0.1 is a tenth back. */
  move(part: number): void {
    const scale = this.chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (!range) return;
    this.all = false;
    const by = (range.to - range.from) * part;
    scale.setVisibleLogicalRange({ from: range.from + by, to: range.to + by });
  }

  whole(): void {
    this.all = true;
    this.chart.timeScale().fitContent();
  }

  /** What is seen now, as times. */
  visible(): [number, number] | undefined {
    const range = this.chart.timeScale().getVisibleRange();
    return range ? [Number(range.from) * 1000, Number(range.to) * 1000] : undefined;
  }

  picture(): HTMLCanvasElement {
    return this.chart.takeScreenshot();
  }

  remove(): void {
    this.chart.remove();
  }
}

function style(line: Line): Record<string, unknown> {
  const up = themeColour('up');
  const down = themeColour('down');
  const scale = line.format
    ? { type: 'custom', formatter: line.format, minMove: step(line) }
    : { type: 'custom', formatter: (value: number) => format.number(value), minMove: step(line) };
  const common = { priceFormat: scale, lastValueVisible: !line.thin && !line.foot, priceLineVisible: false };
  switch (line.kind) {
    case 'candles':
      // Rising candles are hollow: shape tells what colour does.
      return { ...common, upColor: themeColour('panel'), borderUpColor: up, wickUpColor: up, downColor: down, borderDownColor: down, wickDownColor: down, priceLineVisible: true, priceLineColor: themeColour('label') };
    case 'area':
      return { ...common, lineColor: line.colour, topColor: faded(line.colour, 0.28), bottomColor: faded(line.colour, 0.02), lineWidth: 2, priceLineVisible: true };
    case 'columns':
      return { ...common, color: line.colour, ...(line.foot ? { priceScaleId: 'foot', lastValueVisible: false } : {}) };
    case 'baseline':
      return {
        ...common, baseValue: { type: 'price', price: 0 }, lineWidth: 2, topLineColor: up, bottomLineColor: down,
        topFillColor1: faded(up, 0.25), topFillColor2: faded(up, 0.03), bottomFillColor1: faded(down, 0.03), bottomFillColor2: faded(down, 0.25),
      };
    case 'line':
      return { ...common, color: line.colour, lineWidth: line.thin ? 1 : 2, lineStyle: line.dashed ? LineStyle.Dashed : LineStyle.Solid, crosshairMarkerRadius: 3 };
  }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function tick(time: Time, type: TickMarkType): string {
  const d = new Date(Number(time) * 1000);
  switch (type) {
    case TickMarkType.Year:
      return String(d.getUTCFullYear());
    case TickMarkType.Month:
      return MONTHS[d.getUTCMonth()] ?? '';
    case TickMarkType.DayOfMonth:
      return `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()] ?? ''}`;
    case TickMarkType.Time:
      return format.time(d.getTime(), false).slice(11);
    default:
      return format.time(d.getTime(), true).slice(11);
  }
}
