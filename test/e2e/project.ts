/** Writes small real projects into an install's folder and runs the real `jest` command in them. */
import {spawn, type ChildProcess} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import type {FormattedTestResults} from '@jest/test-result';
import {readRecording, type RecordingLine} from '../../src/recording';

/** The Jest lines that we support. install.mjs makes an install for each. */
export const JEST_LINES = ['29', '30'] as const;
export type JestLine = (typeof JEST_LINES)[number];

export type OtherNode = 22 | 24 | 26;

/** The path of a Node whose major version is not the oldest that we support. */
export const nodeOf = (major: OtherNode) =>
  join(__dirname, 'installs', `node-${major}`, 'node_modules', 'node', 'bin', 'node');

export const OTHER_NODE = nodeOf(24);

/** `config`: the runner that the project's own config names. */
export type Runner = 'stock' | 'xdist' | 'config';

/** Texts of files, by path relative to the project's folder. */
export type Files = Readonly<Record<string, string>>;

export interface RunOptions {
  readonly runner?: Runner;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeArgs?: readonly string[];
  /** The Node that runs Jest. Default: the project's. */
  readonly execPath?: string;
  /** A script that runs in place of `jest`, with the same arguments. */
  readonly script?: string;
  /** Whether to keep the recordings of earlier runs. */
  readonly keepsRecordings?: boolean;
  /** Called after `jest` has been started. `run` also waits for the promise. */
  readonly meanwhile?: (jest: ChildProcess) => Promise<void>;
}

export interface JestOutput {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The output of --json --outputFile. null if the run ended before Jest wrote it. */
  readonly json: FormattedTestResults | null;
  /** The events that the recording reporter got, in order. */
  readonly events: readonly ReporterEvent[];
  /** The scheduler's lines of the run's recording; empty for the stock runner and for runs in band. */
  readonly log: readonly RecordingLine[];
}

/** The types of lines with the scheduler's input and its decisions. */
const OF_SCHEDULE: ReadonlySet<string> = new Set(['plan', 'event', 'command', 'groups']);

export interface ReporterEvent {
  readonly event: string;
  readonly path?: string;
  readonly [field: string]: unknown;
}

/** A reporter that writes one JSON line for each call by Jest. */
const RECORDING_REPORTER = `
const fs = require('fs');
const path = require('path');
module.exports = class {
  constructor(globalConfig) { this.globalConfig = globalConfig; }
  write(event, test, rest) {
    const file = test && path.relative(this.globalConfig.rootDir, test.path).split(path.sep).join('/');
    fs.appendFileSync(process.env.RECORDED_EVENTS, this.line({event, ...(file && {path: file})}, rest) + '\\n');
  }
  line(event, rest) {
    try {
      return JSON.stringify({...event, ...rest}, (key, value) => (typeof value === 'bigint' ? String(value) : value));
    } catch {
      return JSON.stringify(event); // a test has thrown a circle, say
    }
  }
  onRunStart(results, options) { this.write('run-start', null, {total: results.numTotalTestSuites}); }
  onTestFileStart(test) { this.write('file-start', test, {}); }
  onTestCaseStart(test, info) { this.write('case-start', test, {info}); }
  onTestCaseResult(test, result) { this.write('case-result', test, {result}); }
  onTestFileResult(test, result) { this.write('file-result', test, {result: {...result, coverage: undefined, v8Coverage: undefined}}); }
  onRunComplete(contexts, results) { this.write('run-complete', null, {passed: results.numPassedTests, failed: results.numFailedTests, pending: results.numPendingTests, suites: results.numTotalTestSuites}); }
};
`;

/**
 * Jest's own haste map, forced to work in Jest's process. For a project that Jest does not know yet, the haste map
 * otherwise reads the files in as many processes as there will be workers. These processes take a sixth of the CPU time
 * of a small run. Jest itself calls `setupCachePath` only on its own class.
 */
const IN_BAND_HASTE_MAP = `
module.exports = class extends require('jest-haste-map').default {
  constructor(options) { super({...options, maxWorkers: 1}); this.given = options; }
  async build() { await this.setupCachePath(this.given); return super.build(); }
};
`;

/** The source of a test sequencer that sorts by path. */
export const IN_ORDER =
  'module.exports = class { shard(tests) { return tests; } sort(tests) { return [...tests].sort((a, b) => (a.path < b.path ? -1 : 1)); } allFailedTests(t) { return t; } cacheResults() {} };';

/** Code for a project's files: `times(type)` counts the events of this type in the run's recording so far. */
export const TIMES_RECORDED = `
  const times = type => {
    const {dirname, join} = require('path');
    const ours = dirname(require.resolve('jest-runner-xdist/package.json'));
    const {readRecording} = require(join(ours, 'dist', 'recording', 'index.js'));
    try {
      return readRecording(join(__dirname, 'run.xdist')).lines.filter(({event}) => event?.type === type).length;
    } catch {
      return 0; // nothing is written so far
    }
  };
`;

let counter = 0;

export class Project {
  readonly folder: string;
  readonly line: JestLine;
  /** The Node that runs Jest, unless a run names another one. */
  execPath = process.execPath;
  readonly #files: Files;

  /**
   * @param config Jest's config. Default for `transform`: `{}`, because most tests need no Babel
   * @param install a folder with the node_modules that the project uses
   */
  constructor(
    line: JestLine,
    name: string,
    files: Files,
    config: object | null = {},
    install = join(__dirname, 'installs', `jest-${line}`),
  ) {
    this.line = line;
    const slug = name.replace(/\W+/g, '-').toLowerCase().slice(0, 40);
    this.folder = join(install, 'run', `${process.env.JEST_WORKER_ID}-${++counter}-${slug}`);
    this.#files = {
      'package.json': '{"name": "project", "version": "1.0.0"}',
      ...(config !== null && {
        'jest.config.json': JSON.stringify(this.#withOwnCache(config)),
      }),
      ...files,
    };
    this.reset();
  }

  /** What an earlier run noted in a cache that outlives the project would decide, for example, whether Jest forks. */
  #withOwnCache(config: {readonly projects?: readonly unknown[]}): object {
    const cacheDirectory = this.path('.cache');
    const ownCache = (project: unknown) => (typeof project === 'object' ? {cacheDirectory, ...project} : project);
    return {
      transform: {},
      cacheDirectory,
      ...config,
      ...(config.projects && {projects: config.projects.map(ownCache)}),
    };
  }

  /** Restores the project's original files. Removes snapshots, caches and everything else that runs have left. */
  reset(): void {
    rmSync(this.folder, {recursive: true, force: true});
    for (const [path, text] of Object.entries(this.#files)) this.write(path, text);
  }

  remove(): void {
    rmSync(this.folder, {recursive: true, force: true});
  }

  path(path: string): string {
    return join(this.folder, path);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(this.path(path)), {recursive: true});
    writeFileSync(this.path(path), text);
  }

  read(path: string): string {
    return readFileSync(this.path(path), 'utf8');
  }

  exists(path: string): boolean {
    return existsSync(this.path(path));
  }

  /** The text of a file, or of every file below a folder, by relative path. */
  readAll(folder: string): Record<string, string> {
    const all: Record<string, string> = {};
    const walk = (at: string) => {
      for (const entry of readdirSync(at, {withFileTypes: true})) {
        const path = join(at, entry.name);
        if (entry.isDirectory()) walk(path);
        else all[relative(this.folder, path)] = readFileSync(path, 'utf8');
      }
    };
    if (!this.exists(folder)) return all;
    if (statSync(this.path(folder)).isDirectory()) walk(this.path(folder));
    else all[folder] = this.read(folder);
    return all;
  }

  /** Starts `jest` and returns at once. */
  start(args: readonly string[], options: RunOptions = {}): ChildProcess {
    const jest = options.script ?? join(this.folder, '..', '..', 'node_modules', 'jest', 'bin', 'jest.js');
    const runner = (options.runner ?? 'xdist') === 'xdist' ? ['--runner=xdist'] : [];
    const recordings = options.keepsRecordings === true ? [] : this.#recordings();
    for (const left of ['out.json', 'events.jsonl', ...recordings]) rmSync(this.path(left), {force: true});
    this.write('.recorder.js', RECORDING_REPORTER);
    this.write('.haste-map.js', IN_BAND_HASTE_MAP);
    return spawn(
      options.execPath ?? this.execPath,
      [
        ...(options.nodeArgs ?? []),
        jest,
        ...runner,
        '--reporters=default',
        '--reporters=./.recorder.js',
        '--json',
        '--outputFile=out.json',
        // Replaces Jest's default `haste`, so the one field that the default sets is repeated here.
        `--haste=${JSON.stringify({forceNodeFilesystemAPI: true, hasteMapModulePath: this.path('.haste-map.js')})}`,
        ...args,
      ],
      {
        cwd: this.folder,
        stdio: ['pipe', 'pipe', 'pipe'],
        env: {
          ...inheritedEnvironment(),
          XDIST_RECORDING: this.path('run.xdist'),
          RECORDED_EVENTS: this.path('events.jsonl'),
          ...options.env,
        },
      },
    );
  }

  /** The lines of all recordings that the last call of `jest` has left so far. */
  recorded(): RecordingLine[] {
    return this.runsRecorded().flat();
  }

  /** The lines of these recordings, run by run. */
  runsRecorded(): RecordingLine[][] {
    return this.#recordings().flatMap(path => {
      try {
        return [[...readRecording(this.path(path)).lines]];
      } catch {
        return []; // the run has just begun, so the recording is still empty
      }
    });
  }

  #recordings(): string[] {
    const own = readdirSync(this.folder).filter(name => /^run(-\d+)?\.xdist$/.test(name));
    const folders = this.exists('.cache') ? readdirSync(this.path('.cache')) : [];
    const kept = folders
      .filter(name => name.startsWith('xdist-recordings-'))
      .flatMap(name => readdirSync(this.path(join('.cache', name))).map(file => join('.cache', name, file)));
    return [...own.sort(), ...kept.sort()];
  }

  /** Runs `jest` to its end. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<JestOutput> {
    const child = this.start(args, options);
    child.stdin?.end();
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise<[number | null, NodeJS.Signals | null]>(resolve =>
      child.on('close', (code, by) => resolve([code, by])),
    );
    await options.meanwhile?.(child);
    const [exitCode, signal] = await ended;
    return {
      exitCode,
      signal,
      stdout,
      stderr,
      json: this.exists('out.json') ? (JSON.parse(this.read('out.json')) as FormattedTestResults) : null,
      events: this.lines<ReporterEvent>('events.jsonl'),
      log: this.recorded().filter(({type}) => OF_SCHEDULE.has(type)),
    };
  }

  /** Resolves when the run has written all of these files. */
  async untilThere(jest: ChildProcess, ...paths: readonly string[]): Promise<void> {
    await this.#until(jest, paths.join(), () => paths.every(path => this.exists(path)));
  }

  /** Resolves when the run's reporters have got this event for this file. */
  async untilHeard(jest: ChildProcess, event: string, path: string): Promise<void> {
    // The log is searched as text, because its last line may be incomplete. More fields may follow, so the last brace
    // is cut.
    const line = JSON.stringify({event, path}).slice(0, -1);
    const heard = () => this.exists('events.jsonl') && this.read('events.jsonl').includes(line);
    await this.#until(jest, `${event} of ${path}`, heard);
  }

  async #until(jest: ChildProcess, what: string, isThere: () => boolean): Promise<void> {
    while (!isThere()) {
      const left = jest.exitCode ?? jest.signalCode;
      if (left !== null) throw new Error(`Jest left with ${left} before there was ${what}`);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  /** The processes that still run in the project's folder. Reads /proc, so it works only where /proc exists. */
  processes(): string[] {
    if (!existsSync('/proc/self')) return [];
    return readdirSync('/proc')
      .filter(name => /^\d+$/.test(name))
      .flatMap(pid => {
        try {
          const inside = readlinkSync(`/proc/${pid}/cwd`).startsWith(this.folder);
          return inside ? [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')}`] : [];
        } catch {
          return []; // the process has ended
        }
      });
  }

  /**
   * The processes that still run after `withinMs`. Returns earlier if none is left. Killed processes need time to end,
   * and more on a busy machine.
   */
  async leftProcesses(withinMs = 60_000): Promise<string[]> {
    const until = Date.now() + withinMs;
    while (this.processes().length > 0 && Date.now() < until) await new Promise(resolve => setTimeout(resolve, 20));
    return this.processes();
  }

  lines<T>(path: string): T[] {
    if (!this.exists(path)) return [];
    return this.read(path)
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as T);
  }
}

/** The environment for a project's Jest. It must not show the Jest that runs these tests. */
export function inheritedEnvironment(): Record<string, string | undefined> {
  const environment = {...process.env};
  for (const name of Object.keys(environment)) {
    if (/^(JEST_|XDIST_|NODE_ENV$|CI$|GITHUB_ACTIONS$|FORCE_COLOR$|NO_COLOR$|npm_)/.test(name))
      delete environment[name];
  }
  return environment;
}

/** A Jest line, and the Node that runs Jest. No Node: the one that runs the tests. */
export interface Platform {
  readonly line: JestLine;
  readonly node?: OtherNode;
}

/** Defines a test for each Jest line. Removes the project after the test. */
export function onEachLine(
  name: string,
  test: (line: JestLine, make: MakeProject) => Promise<void>,
  lines: readonly JestLine[] = JEST_LINES,
): void {
  onEachPlatform(
    name,
    test,
    lines.map(line => ({line})),
  );
}

export function onEachPlatform(
  name: string,
  test: (line: JestLine, make: MakeProject) => Promise<void>,
  platforms: readonly Platform[],
): void {
  describe.each(platforms.map(platform => [describePlatform(platform), platform] as const))('%s', (_, platform) => {
    it(name, async () => {
      const projects: Project[] = [];
      const make: MakeProject = (files, config) => {
        const project = new Project(platform.line, name, files, config);
        if (platform.node !== undefined) project.execPath = nodeOf(platform.node);
        projects.push(project);
        return project;
      };
      await test(platform.line, make);
      for (const project of projects) project.remove(); // the project of a failed test stays, for inspection
    });
  });
}

function describePlatform({line, node}: Platform): string {
  return node === undefined ? `Jest ${line}` : `Jest ${line}, Node ${node}`;
}

/** Resolves when Jest has said it on standard error. To be called from `meanwhile`, before Jest can say it. */
export function untilSaid(jest: ChildProcess, text: RegExp): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    jest.stderr!.on('data', (more: string) => text.test((said += more)) && resolve());
    jest.once('close', () => reject(new Error(`Jest has ended, and has not said ${text.source}, but: ${said}`)));
  });
}

/** `npm run test:thorough` sets THOROUGH, to run the exhaustive tests too. */
export const IS_THOROUGH = process.env.THOROUGH === '1';

/**
 * Defines a test of our own policy, which does not depend on the Jest line. The test runs on the latest line, and with
 * `npm run test:thorough` on each.
 */
export function onLatestLine(name: string, test: (line: JestLine, make: MakeProject) => Promise<void>): void {
  onEachLine(name, test, IS_THOROUGH ? JEST_LINES : ['30']);
}

/**
 * Defines a test that runs only with `npm run test:thorough`: a cheaper test covers the same, or it is too slow for
 * each change.
 */
export function onlyThorough(
  name: string,
  test: (line: JestLine, make: MakeProject) => Promise<void>,
  lines: readonly JestLine[] = JEST_LINES,
): void {
  if (IS_THOROUGH) onEachLine(name, test, lines);
}

/**
 * Config for tests that expect of workers that they end by themselves. On a busy machine that takes longer than Jest's
 * grace, and Jest then warns of a worker that it had to end. Jest 29 has no option for the grace.
 */
export function longGrace(line: JestLine): object {
  return line === '29' ? {} : {workerGracefulExitTimeout: 60_000};
}

export type MakeProject = (files: Files, config?: object | null) => Project;
