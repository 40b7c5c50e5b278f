// A folder that is the whole world of the program: its log, its stores, the processes that run in it.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function until(what, check, patience = 60_000) {
  const deadline = Date.now() + patience;
  for (;;) {
    const result = await check();
    if (result) return result;
    if (Date.now() > deadline) throw new Error(`waited ${patience / 1000} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export class World {
  #running = new Set();

  constructor(program) {
    this.program = program;
    this.folder = mkdtempSync(join(tmpdir(), 'cryptostream-page-'));
    chmodSync(this.folder, 0o755);
    const kept = Object.entries(process.env).filter(([name]) => !/^(CRYPTOSTREAM_|XDG_|PG)/.test(name));
    this.env = { ...Object.fromEntries(kept), HOME: this.folder, NO_COLOR: '1' };
  }

  run(...words) {
    return execFileSync(this.program, words, { cwd: this.folder, env: this.env, encoding: 'utf8', timeout: 120_000, maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  start(program, ...words) {
    const child = spawn(program, words, { cwd: this.folder, env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const running = { child, said: '', ended: undefined };
    const hear = (text) => (running.said = (running.said + text).slice(-20_000));
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    running.ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)));
    void running.ended.then(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }

  async stop(running, signal = 'SIGTERM') {
    running.child.kill(signal);
    const late = setTimeout(() => running.child.kill('SIGKILL'), 60_000);
    const code = await running.ended;
    clearTimeout(late);
    return code;
  }

  /** Serves the store, and waits until it answers. */
  async dashboard(from, port) {
    const running = this.start(this.program, 'dashboard', '--from', from, '--listen', `127.0.0.1:${port}`);
    const ended = running.ended.then((code) => `ended with ${code}: ${running.said}`);
    await until('the dashboard', async () => {
      const early = await Promise.race([ended, fetch(`http://127.0.0.1:${port}/api/v1/info`).then((answer) => answer.ok, () => false)]);
      if (typeof early === 'string') throw new Error(`cryptostream dashboard ${early}`);
      return early;
    });
    return running;
  }

  /** Rows of the local log's topic, oldest first. */
  records(topic) {
    return this.run('topic', 'tail', topic, '-o', 'beginning', '-e').trim().split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }

  sqlite(statement, input) {
    return execFileSync('sqlite3', input === undefined ? ['-json', 'prices.db', statement] : ['prices.db'], { cwd: this.folder, encoding: 'utf8', input: input ?? '', stdio: ['pipe', 'pipe', 'ignore'], maxBuffer: 1 << 28 });
  }

  async close() {
    for (const running of [...this.#running]) await this.stop(running);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A throw-away PostgreSQL in the world's folder. */
export class Postgres {
  constructor(world, program) {
    this.world = world;
    this.program = program;
  }

  async start() {
    const port = await freePort();
    const folder = join(this.world.folder, 'pg');
    Object.assign(this.world.env, { PGHOST: folder, PGPORT: String(port), PGUSER: 'cs', PGDATABASE: 'postgres' });
    this.running = this.world.start(this.program, folder, String(port));
    await until('PostgreSQL', () => {
      try {
        return this.query('select 1') === '1';
      } catch {
        return false;
      }
    });
  }

  query(statement) {
    return execFileSync('psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1'], { cwd: this.world.folder, env: this.world.env, encoding: 'utf8', input: statement, stdio: ['pipe', 'pipe', 'ignore'], maxBuffer: 1 << 28 }).trim();
  }

  async stop() {
    if (this.running) await this.world.stop(this.running, 'SIGINT');
  }
}
