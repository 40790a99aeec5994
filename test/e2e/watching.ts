/** A Jest in watch mode, and the keys pressed in it. */
import type {ChildProcess} from 'node:child_process';
import {
  IS_THOROUGH,
  onEachPlatform,
  type MakeProject,
  type JestLine,
  type Platform,
  type Project,
  type Runner,
} from './project';

/** Jest's two lines, on the oldest Node and on a current one. */
export const EACH_LINE: readonly Platform[] = [{line: '29'}, {line: '30', node: 24}];

/** What is looked at of a process differs from Node to Node. */
export const EACH_NODE: readonly Platform[] = IS_THOROUGH
  ? [{line: '29'}, {line: '30', node: 22}, {line: '30', node: 24}, {line: '30', node: 26}]
  : EACH_LINE;

/** For policy, which no Jest line and no Node can change. */
const LATEST: readonly Platform[] = IS_THOROUGH ? EACH_LINE : [{line: '30', node: 24}];

/** Defines a test of watch mode. */
export function inWatchMode(
  name: string,
  test: (line: JestLine, make: MakeProject) => Promise<void>,
  platforms: readonly Platform[] = LATEST,
): void {
  onEachPlatform(name, test, platforms);
}

/** Jest listens to keys only on a terminal; this makes a pipe pass for one. To Jest what comes at once is one key: on a busy machine several do. */
const FAKE_TERMINAL = `
  const {stdin} = process;
  stdin.setRawMode = () => stdin;
  const {emit} = stdin;
  stdin.emit = (event, ...args) => {
    if (event !== 'data') return emit.call(stdin, event, ...args);
    return [...args[0]].map(key => emit.call(stdin, event, key)).at(-1);
  };
`;

/** A wait as long as this ends as its test would, and says what was printed. */
const LONGEST_WAIT_MS = 240_000;

/** A plugin of Jest's, which says when Jest has done with a run: until then it overlooks each change of a file. */
const SAYS_DONE = `module.exports = class {
  apply(hooks) { hooks.onTestRunComplete(() => process.stderr.write('watches again\\n')); }
};`;

const RUN_END = /watches again\n/;

/** What Jest writes with --json would be a change, and begin the next run, time and again. */
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

  /** What was printed since somebody has waited last. */
  get printed(): string {
    return this.#output;
  }

  press(keys: string): void {
    if (keys !== '') this.#child.stdin?.write(keys);
  }

  /** Resolves with what was printed up to there, once it has been. */
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
        if (this.#child.exitCode !== null) throw new Error(`Jest left: ${this.#output}`);
        if (isLate) throw new Error(`Jest has not printed ${pattern}, but: ${this.#output}`);
        await new Promise<void>(resolve => (this.#waiting = resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves with what was printed, once a run has ended and Jest takes notice of changes. */
  untilRun(): Promise<string> {
    return this.until(RUN_END);
  }

  /** Passes over the runs that have ended since somebody has waited last. */
  async untilLastRun(): Promise<void> {
    while (RUN_END.test(this.#output)) await this.until(RUN_END);
  }

  async leave(key = 'q'): Promise<void> {
    const left = new Promise(resolve => this.#child.once('close', resolve));
    this.press(key);
    await left;
  }
}
