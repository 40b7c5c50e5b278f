// What runs, how fast, how old, how healthy: what is wrong comes first.
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { ApplicationState, Pipeline } from '../api';
import type { Line } from '../charts/time';
import { DELAYED } from '../age';
import { client } from '../client';
import { themeColour } from '../colours';
import * as decimal from '../decimal';
import * as format from '../format';
import { useAnswer, useTheme, useTopic } from '../hooks';
import { Icon } from '../parts/icon';
import { Overlay } from '../parts/panel';
import { TimePanel } from '../parts/time_panel';
import { Topology } from '../parts/topology';
import { problems, total } from '../problems';

const rate = (value: number | undefined): string => (value === undefined ? '–' : `${decimal.compact(value.toFixed(2))}/s`);

export function PipelinePage() {
  useTopic('pipeline', 'status');
  const asked = useAnswer<Pipeline>(client.pipeline ? undefined : '/pipeline');
  const pipeline = client.pipeline ?? asked.data;
  if (!pipeline) {
    return asked.error
      ? <Overlay icon="alert" title="The state of the pipeline could not be read" text={asked.error.message} tone="bad" />
      : <div class="skeleton rows tall" aria-hidden="true" />;
  }
  const found = client.status === 'disconnected'
    ? [{ what: 'The server', why: 'does not answer; what is below is the last that it said', bad: true }, ...problems(pipeline, client.now())]
    : problems(pipeline, client.now());
  return (
    <div class="pipeline-page">
      <h1 class="unseen">Pipeline</h1>
      <section class={`panel verdict ${found.some((p) => p.bad) ? 'bad' : found.length ? 'warn' : 'good'}`} aria-labelledby="verdict">
        <div class="verdict-head">
          <Icon name={found.length ? 'alert' : 'ok'} />
          <h2 id="verdict">{found.length ? (found.length === 1 ? 'One thing needs a look' : `${found.length} things need a look`) : 'Everything works'}</h2>
          <span class="note">up for {format.duration(pipeline.uptime)}</span>
        </div>
        {found.length > 0 && <ul>{found.map((p) => <li key={`${p.what} ${p.why}`} class={p.bad ? 'bad' : 'warn'}><b>{p.what}</b> {p.why}</li>)}</ul>}
      </section>
      <div class="pipeline-grid">
        <Checks pipeline={pipeline} />
        <Sources pipeline={pipeline} />
        <Sinks pipeline={pipeline} />
      </div>
      <Throughput />
      {pipeline.applications.map((app, i) => <Application key={app.id} app={app} index={i} />)}
      {pipeline.applications.length === 0 && (
        <section class="panel"><Overlay icon="pipeline" title="No application runs in this process" text="The dashboard reads a store. Run it with the pipeline (--dashboard) to see topology, throughput and lag here." /></section>
      )}
    </div>
  );
}

function State({ ok, word }: { ok: boolean; word: string }) {
  return <span class={`state ${ok ? 'good' : 'bad'}`}><Icon name={ok ? 'ok' : 'bad'} />{word}</span>;
}

function Checks({ pipeline }: { pipeline: Pipeline }) {
  return (
    <section class="panel" aria-labelledby="checks-title" data-panel="checks">
      <header class="panel-head"><h2 id="checks-title">Checks</h2><span class="note">{pipeline.checks.filter((c) => c.ok).length} of {pipeline.checks.length} pass</span></header>
      <ul class="checks">
        {pipeline.checks.map((check) => (
          <li key={check.name}><State ok={check.ok} word={check.ok ? 'ok' : 'fails'} /><b>{check.name}</b>{check.message && <span>{check.message}</span>}</li>
        ))}
        {pipeline.checks.length === 0 && <li class="note">No checks.</li>}
      </ul>
    </section>
  );
}

function Sources({ pipeline }: { pipeline: Pipeline }) {
  return (
    <section class="panel" aria-labelledby="sources-title" data-panel="sources">
      <header class="panel-head"><h2 id="sources-title">Sources</h2></header>
      {pipeline.sources.length === 0 && <p class="note pad">None in this process.</p>}
      {pipeline.sources.map((s) => (
        <div class="edge-card" key={s.name}>
          <div><b>{s.name}</b>{s.up !== undefined && <State ok={s.up} word={s.up ? 'up' : 'down'} />}</div>
          <dl class="figures two">
            <div><dt>Data age</dt><dd class={s.age !== undefined && s.age * 1000 > DELAYED ? 'warn' : ''}>{s.age === undefined ? '–' : format.duration(s.age)}</dd></div>
            <div><dt>Records</dt><dd>{format.count(s.records)}</dd></div>
            <div><dt>Failures</dt><dd class={s.failures ? 'warn' : ''}>{format.count(s.failures)}</dd></div>
            {s.requests_left !== undefined && <div><dt>Requests left</dt><dd>{format.count(s.requests_left)}</dd></div>}
          </dl>
        </div>
      ))}
    </section>
  );
}

function Sinks({ pipeline }: { pipeline: Pipeline }) {
  return (
    <section class="panel" aria-labelledby="sinks-title" data-panel="sinks">
      <header class="panel-head"><h2 id="sinks-title">Sinks</h2></header>
      {pipeline.sinks.length === 0 && <p class="note pad">None in this process.</p>}
      {pipeline.sinks.map((s) => (
        <div class="edge-card" key={s.name}>
          <div><b>{s.name}</b></div>
          <dl class="figures two">
            <div><dt>Records</dt><dd>{format.count(s.records)}</dd></div>
            <div><dt>Failures</dt><dd class={s.failures ? 'warn' : ''}>{format.count(s.failures)}</dd></div>
            <div><dt>Last written</dt><dd>{s.last_success === undefined ? '–' : `${format.age(client.now() - s.last_success)} ago`.replace('now ago', 'now')}</dd></div>
            <div><dt>Latency p50 · p99</dt><dd>{format.latency(s.latency_p50)} · {format.latency(s.latency_p99)}</dd></div>
          </dl>
        </div>
      ))}
    </section>
  );
}

const perSecond = (value: number): string => `${decimal.compact(value.toFixed(2))}/s`;

function Throughput() {
  const theme = useTheme();
  const [count, setCount] = useState(client.samples.length);
  useEffect(() => client.subscribe('pipeline', () => setCount((n) => n + 1)), []);
  const lines = useMemo<Line[]>(() => {
    const points = (pick: (s: (typeof client.samples)[number]) => number): number[][] => client.samples.map((s) => [s.time, pick(s)]);
    return client.samples.length > 1
      ? [
          { key: 'consumed', name: 'Consumed', kind: 'area', colour: themeColour('accent'), data: points((s) => s.consumed), format: perSecond },
          { key: 'produced', name: 'Produced', kind: 'line', colour: themeColour('up'), data: points((s) => s.produced), format: perSecond },
          { key: 'lag', name: 'Lag', kind: 'line', colour: themeColour('warn'), data: points((s) => s.lag), pane: 1, format: (value) => decimal.compact(value.toFixed(0)) },
        ]
      : [];
  }, [count, theme]);
  const heights = useMemo(() => [160, 80], []);
  return (
    <TimePanel name="throughput" title="Throughput and lag" note="records a second, since this page was opened" lines={lines} fit="throughput" heights={heights} height={260}
      empty={lines.length === 0 && 'The first figures are here in a few seconds.'} />
  );
}

function Application({ app, index }: { app: ApplicationState; index: number }) {
  const running = !app.state || app.state === 'running';
  return (
    <div class="application">
      <section class="panel" aria-labelledby={`app-${index}`} data-panel={`application-${index}`}>
        <header class="panel-head">
          <h2 id={`app-${index}`}>{app.id}</h2>
          {app.state && <State ok={running} word={app.state.replaceAll('_', ' ')} />}
        </header>
        <dl class="figures tiles">
          <div><dt>Consumed</dt><dd>{rate(app.consumed_per_second)}<small>{format.count(app.records_consumed)}</small></dd></div>
          <div><dt>Produced</dt><dd>{rate(app.produced_per_second)}<small>{format.count(app.records_produced)}</small></dd></div>
          <div><dt>Lag</dt><dd>{format.count(total(app))}<small>records</small></dd></div>
          <div><dt>Left out</dt><dd>{format.count(app.records_dropped)}</dd></div>
          <div><dt>Dead letters</dt><dd class={app.dead_letters ? 'warn' : ''}>{format.count(app.dead_letters)}</dd></div>
        </dl>
        {app.lag && app.lag.length > 0 && (
          <table class="lag">
            <thead><tr><th scope="col">Topic</th><th scope="col">Partition</th><th scope="col">Records behind</th></tr></thead>
            <tbody>{app.lag.map((l) => <tr key={`${l.topic} ${l.partition}`}><th scope="row">{l.topic}</th><td>{l.partition}</td><td>{format.count(l.records)}</td></tr>)}</tbody>
          </table>
        )}
      </section>
      {app.nodes && app.nodes.length > 0 && <Topology name={String(index)} id={app.id} nodes={app.nodes} text={app.topology} />}
    </div>
  );
}
