/**
 * Measures a rerun in watch mode, from the key press to the end of the run. The stock runner and ours take turns, each
 * in one session of its own.
 */
import {setTimeout as delay} from 'node:timers/promises';
import {Project, type JestLine, type Runner} from '../test/e2e/project';
import {WatchSession} from '../test/e2e/watching';
import {median} from './statistics';
import type {Install} from './turns';

const FILES = 6;
const ROUNDS = 15;
const GOAL = 0.8;

/** The shortest time for which a user looks at a result, in ms. By its end, the workers for the next run are up. */
const LOOKS_MS = 2000;

export async function benchmarkWatch(installs: readonly Install[]): Promise<void> {
  for (const install of installs) {
    for (const [suite, config] of [
      ['no transform', {}],
      ['babel-jest', {transform: {'\\.js$': 'babel-jest'}}],
    ] as const) {
      await compare(install, suite, config);
    }
  }
}

async function compare({line, label}: Install, suite: string, config: object): Promise<void> {
  const stock = await Session.start(line, 'stock', config);
  const xdist = await Session.start(line, 'xdist', config);
  try {
    const times = {stock: [] as number[], xdist: [] as number[]};
    for (let round = 0; round < ROUNDS; round++) {
      times.stock.push(await stock.rerun());
      times.xdist.push(await xdist.rerun());
    }
    const [stockMs, xdistMs] = [median(times.stock), median(times.xdist)];
    console.log(
      `${label}  rerun of ${FILES} files, ${suite}, -w 2: stock ${stockMs.toFixed(0)} ms, xdist ${xdistMs.toFixed(0)} ms, ` +
        `ratio ${(xdistMs / stockMs).toFixed(3)}   (goal: <= ${GOAL.toFixed(2)}, median of ${ROUNDS})`,
    );
  } finally {
    await stock.leave();
    await xdist.leave();
  }
}

class Session {
  readonly #project: Project;
  readonly #session: WatchSession;

  private constructor(project: Project, session: WatchSession) {
    this.#project = project;
    this.#session = session;
  }

  static async start(line: JestLine, runner: Runner, config: object): Promise<Session> {
    const files = Array.from({length: FILES}, (_, index) => [
      `file${index}.test.js`,
      `test('adds', () => { expect(${index} + 1).toBe(${index + 1}); });`,
    ]);
    const project = new Project(
      line,
      `bench watch ${runner}`,
      Object.fromEntries(files) as Record<string, string>,
      config,
    );
    const session = new WatchSession(project, ['-w', '2'], runner);
    await session.untilRun();
    return new Session(project, session);
  }

  /** @returns the duration of the rerun, in ms */
  async rerun(): Promise<number> {
    await delay(LOOKS_MS);
    const start = performance.now();
    this.#session.press('\r');
    await this.#session.untilRun();
    return performance.now() - start;
  }

  async leave(): Promise<void> {
    await this.#session.leave();
    this.#project.remove();
  }
}
