/** Runs Jest in watch mode, changes files, and presses Jest's keys. */
import type {ChildProcess} from 'node:child_process';
import {renameSync, writeFileSync} from 'node:fs';
import {
  IS_THOROUGH,
  onEachPlatform,
  type MakeProject,
  type JestLine,
  type Platform,
  type Project,
  type Runner,
} from './project';

/** Both Jest lines, on the oldest Node and on a current one. */
export const EACH_LINE: readonly Platform[] = [{line: '29'}, {line: '30', node: 24}];

/** For tests of our own policy, which depends neither on the Jest line nor on Node. */
const LATEST: readonly Platform[] = IS_THOROUGH ? EACH_LINE : [{line: '30', node: 24}];

/** For tests that inspect processes, because processes differ between Node versions. */
export const EACH_NODE: readonly Platform[] = IS_THOROUGH
  ? [{line: '29'}, {line: '30', node: 22}, {line: '30', node: 24}, {line: '30', node: 26}]
  : LATEST;

/** Defines a test of watch mode. */
export function inWatchMode(
  name: string,
  test: (line: JestLine, make: MakeProject) => Promise<void>,
  platforms: readonly Platform[] = LATEST,
): void {
  onEachPlatform(name, test, platforms);
}

/**
 * Makes stdin look like a terminal, because Jest listens to keys only on a terminal. Jest treats all bytes that arrive
 * together as one key. On a busy machine several keys arrive together, so this code passes them on one by one.
 */
const FAKE_TERMINAL = `
  const {stdin} = process;
  stdin.setRawMode = () => stdin;
  const {emit} = stdin;
  stdin.emit = (event, ...args) => {
    if (event !== 'data') return emit.call(stdin, event, ...args);
    return [...args[0]].map(key => emit.call(stdin, event, key)).at(-1);
  };
`;

/** After this time, a wait fails as the test's own timeout would, but also reports what Jest has printed. */
const LONGEST_WAIT_MS = 240_000;

/** A watch plugin that prints a line when Jest has finished a run. Until then, Jest ignores changes of files. */
const SAYS_DONE = `module.exports = class {
  apply(hooks) { hooks.onTestRunComplete(() => process.stderr.write('watches again\\n')); }
};`;

const RUN_END = /watches again\n/;

/**
 * Changes a file in one step. Jest may take a file that is first made empty and then written for two changes: it then
 * runs the empty file, or begins two runs.
 */
export function replace(project: Project, path: string, text: string): void {
  const draft = `${project.folder}.draft`;
  writeFileSync(draft, text);
  renameSync(draft, project.path(path));
}

/** Without the ignore pattern, each run's --json output would count as a change and start the next run. */
const WATCHES = {watchPlugins: ['./says-done.js'], watchPathIgnorePatterns: ['out\\.json$']};

export class WatchSession {
  readonly #child: ChildProcess;
  #output = '';
  #waiting: (() => void) | null = null;

  constructor(project: Project, args: readonly string[], runner: Runner = 'xdist') {
    project.write('terminal.js', FAKE_TERMINAL);
    project.write('says-done.js', SAYS_DONE);
    const config = JSON.parse(project.read('jest.config.json')) as object;
    project.write('jest.config.json', JSON.stringify({...config, ...WATCHES}));
    this.#child = project.start(['--watchAll', '--watchman=false', ...args], {
      runner,
      nodeArgs: ['--require', project.path('terminal.js')],
      // Each run leaves a recording of its own.
      env: {XDIST_RECORDING: JSON.stringify({keep: 1000})},
    });
    this.#child.once('close', () => this.#waiting?.());
    this.#child.stdin?.on('error', () => undefined); // Jest may leave before it reads the last key
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
        this.#waiting?.();
      });
    }
  }

  get jest(): ChildProcess {
    return this.#child;
  }

  /** The text that Jest has printed since the last wait. */
  get printed(): string {
    return this.#output;
  }

  press(keys: string): void {
    if (keys !== '') this.#child.stdin?.write(keys);
  }

  /** Resolves when Jest has printed the pattern, with the printed text up to the pattern's end. */
  async until(pattern: RegExp): Promise<string> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#waiting?.();
    }, LONGEST_WAIT_MS);
    try {
      for (;;) {
        const match = pattern.exec(this.#output);
        if (match !== null) {
          const end = match.index + match[0].length;
          const printed = this.#output.slice(0, end);
          this.#output = this.#output.slice(end);
          return printed;
        }
        if (this.#hasLeft) throw new Error(`Jest left: ${this.#output}`);
        if (isLate) throw new Error(`Jest has not printed ${pattern}, but: ${this.#output}`);
        await new Promise<void>(resolve => (this.#waiting = resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when a run has ended and Jest notices changes again, with the printed text. */
  untilRun(): Promise<string> {
    return this.until(RUN_END);
  }

  /** Skips the output of all runs that have ended since the last wait. */
  async untilLastRun(): Promise<void> {
    while (RUN_END.test(this.#output)) await this.until(RUN_END);
  }

  /** Resolves when Jest has left. */
  async leave(key = 'q'): Promise<void> {
    const left = new Promise<'left'>(resolve => this.#child.once('close', () => resolve('left')));
    let next: 'left' | 'run ended';
    do {
      // While a run is under way, the key ends only the run. Jest may begin a run for a change that it hears of late.
      this.press(key);
      const runEnded = this.untilRun().then(
        () => 'run ended' as const,
        (error: unknown) => (this.#hasLeft ? left : Promise.reject(error as Error)),
      );
      next = await Promise.race([left, runEnded]);
    } while (next === 'run ended');
  }

  get #hasLeft(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
