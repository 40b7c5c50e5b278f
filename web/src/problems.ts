// What of a pipeline somebody should look at.
import { DELAYED, STALE } from './age';
import type { ApplicationState, Pipeline } from './api';
import * as format from './format';

export type Problem = { what: string; why: string; bad: boolean };

/** What somebody should look at, the worst first. */
export function problems(pipeline: Pipeline, now: number): Problem[] {
  const found: Problem[] = [];
  for (const check of pipeline.checks) if (!check.ok) found.push({ what: check.name, why: check.message ?? 'is not well', bad: true });
  for (const source of pipeline.sources) {
    if (source.up === false) found.push({ what: source.name, why: 'the source does not answer', bad: true });
    else if (source.age !== undefined && source.age * 1000 > STALE) found.push({ what: source.name, why: `its newest data is ${format.duration(source.age)} old`, bad: true });
    else if (source.age !== undefined && source.age * 1000 > DELAYED) found.push({ what: source.name, why: `its newest data is ${format.duration(source.age)} old`, bad: false });
    if (source.requests_left === 0) found.push({ what: source.name, why: 'no requests are left of its limit', bad: false });
  }
  for (const app of pipeline.applications) {
    if (app.state && /error|not_running/.test(app.state)) found.push({ what: app.id, why: `is in state ${app.state.replaceAll('_', ' ')}`, bad: true });
    if ((app.dead_letters ?? 0) > 0) found.push({ what: app.id, why: `${format.count(app.dead_letters)} records went to the dead letters`, bad: false });
    const lag = total(app);
    if (lag > 10_000) found.push({ what: app.id, why: `is ${format.count(lag)} records behind`, bad: false });
  }
  for (const sink of pipeline.sinks) {
    if (sink.failures && (sink.last_success === undefined || now - sink.last_success > 60_000)) {
      found.push({ what: sink.name, why: sink.last_success ? `nothing was written for ${format.age(now - sink.last_success)}` : 'nothing could be written yet', bad: true });
    }
  }
  const seen = new Set<string>();
  return found.sort((a, b) => Number(b.bad) - Number(a.bad)).filter((p) => !seen.has(`${p.what} ${p.why}`) && seen.add(`${p.what} ${p.why}`));
}

/** Records that an application is behind, over all its partitions. */
export const total = (app: ApplicationState): number => app.lag?.reduce((sum, l) => sum + l.records, 0) ?? 0;
