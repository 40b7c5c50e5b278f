// The frame of every chart: its title, its table in its place, and its CSV and PNG, of exactly what is shown.
import type { ComponentChildren } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../api';
import { client } from '../client';
import { themeColour } from '../colours';
import * as format from '../format';
import { choose, useRoute } from '../hooks';
import { csv, type Sheet } from '../sheet';
import * as url from '../url';
import { Icon } from './icon';

interface Props {
  /** Its name in the address, where its table is open. */
  name: string;
  title: string;
  note?: ComponentChildren;
  tools?: ComponentChildren;
  sheet: () => Sheet;
  picture?: () => HTMLCanvasElement | undefined;
  loading?: boolean;
  outdated?: boolean;
  empty?: string | false | undefined;
  error?: ApiError | undefined;
  legend?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
}

export function save(name: string, blob: Blob): void {
  const a = document.createElement('a');
  a.href = URL.createObjectURL(blob);
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
}

function fileName(title: string): string {
  const moment = format.time(client.now()).replaceAll(':', '').replace(' ', '-');
  return `${title.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')}-${moment}`;
}

/** The chart with its title above and the time below. */
function framed(title: string, chart: HTMLCanvasElement): HTMLCanvasElement {
  const scale = devicePixelRatio;
  const head = 40 * scale;
  const foot = 26 * scale;
  const canvas = document.createElement('canvas');
  canvas.width = chart.width;
  canvas.height = chart.height + head + foot;
  const context = canvas.getContext('2d');
  if (!context) return chart;
  const font = getComputedStyle(document.body).fontFamily;
  context.fillStyle = themeColour('panel');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(chart, 0, head);
  context.fillStyle = themeColour('text');
  context.font = `600 ${15 * scale}px ${font}`;
  context.fillText(title, 12 * scale, 26 * scale);
  context.fillStyle = themeColour('muted');
  context.font = `${11 * scale}px ${font}`;
  const info = client.info;
  const words = [format.time(client.now()) + ' UTC', info?.title ?? '', info?.simulated ? 'simulated prices' : ''].filter(Boolean);
  context.fillText(words.join(' · '), 12 * scale, canvas.height - 9 * scale);
  return canvas;
}

export function Panel(props: Props) {
  const id = useId();
  const route = useRoute();
  const open = url.list(route, 'tables').includes(props.name);
  const [said, say] = useState('');
  const body = useRef<HTMLDivElement>(null);

  const toggle = (): void => {
    const tables = url.list(route, 'tables').filter((name) => name !== props.name);
    choose({ tables: (open ? tables : [...tables, props.name]).join(',') || undefined });
  };
  const done = (what: string): void => {
    say(what);
    setTimeout(() => say(''), 2000);
  };
  const saveCsv = (): void => {
    save(`${fileName(props.title)}.csv`, new Blob([csv(props.sheet())], { type: 'text/csv;charset=utf-8' }));
    done('CSV saved');
  };
  const savePng = (): void => {
    const chart = props.picture?.();
    if (!chart) return;
    framed(props.title, chart).toBlob((blob) => {
      if (!blob) return;
      save(`${fileName(props.title)}.png`, blob);
      done('Picture saved');
    });
  };

  return (
    <section class={`panel ${props.class ?? ''}`} aria-labelledby={id} data-panel={props.name} aria-busy={props.loading && props.outdated ? 'true' : 'false'}>
      <header class="panel-head">
        <h2 id={id}>{props.title}</h2>
        {props.note && <span class="note">{props.note}</span>}
        <div class="panel-tools">
          {props.tools}
          <span class="said" role="status">{said}</span>
          <button type="button" class="icon-button" aria-pressed={open} onClick={toggle} title={open ? 'Show the chart' : 'Show as a table'} aria-label={`${props.title}: show as a table`}>
            <Icon name="table" />
          </button>
          <button type="button" class="icon-button text" onClick={saveCsv} title="Save what is shown as CSV" aria-label={`${props.title}: save as CSV`}>CSV</button>
          {props.picture && (
            <button type="button" class="icon-button text" onClick={savePng} disabled={open} title="Save the chart as a picture" aria-label={`${props.title}: save as PNG`}>PNG</button>
          )}
        </div>
      </header>
      {props.legend}
      <div class={`panel-body${props.outdated && props.loading ? ' waiting' : ''}`} ref={body}>
        <div class="chart-slot" hidden={open}>{props.children}</div>
        {open && <SheetTable sheet={props.sheet()} label={props.title} />}
        {props.error && !props.loading && <Overlay icon="alert" title="This could not be read" text={props.error.message} tone="bad" />}
        {!props.error && props.empty && <Overlay icon="empty" title="Nothing to show yet" text={props.empty} />}
        {props.loading && props.outdated && <div class="progress" aria-hidden="true" />}
      </div>
    </section>
  );
}

export function Overlay({ icon, title, text, tone }: { icon: string; title: string; text?: ComponentChildren; tone?: 'bad' }) {
  return (
    <div class={`overlay ${tone ?? ''}`} role={tone === 'bad' ? 'alert' : undefined}>
      <Icon name={icon} />
      <strong>{title}</strong>
      {text && <span>{text}</span>}
    </div>
  );
}

const SHOWN = 500;

function SheetTable({ sheet, label }: { sheet: Sheet; label: string }) {
  const rows = sheet.rows.slice(0, SHOWN);
  return (
    <div class="sheet" tabIndex={0} role="region" aria-label={`${label}, as a table`}>
      <table>
        <thead>
          <tr>{sheet.columns.map((column, i) => <th key={i} scope="col">{column}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>{row.map((cell, j) => (j === 0 ? <th key={j} scope="row">{cell}</th> : <td key={j}>{cell}</td>))}</tr>
          ))}
        </tbody>
      </table>
      {sheet.rows.length > rows.length && <p class="note">The first {SHOWN} of {sheet.rows.length} rows; the CSV has all.</p>}
      {sheet.rows.length === 0 && <p class="note">No rows.</p>}
    </div>
  );
}
