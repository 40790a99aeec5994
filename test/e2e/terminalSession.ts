/** Jest in a terminal: a pseudo-terminal, read by the code that draws the terminal of an editor. */
import {join} from 'node:path';
import {type IPty, spawn} from '@lydell/node-pty';
import {Terminal} from '@xterm/headless';
import {inheritedEnvironment, type Project} from './project';

/** A wait as long as this ends as its test would, and says what is on the screen. */
const LONGEST_WAIT_MS = 240_000;

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  /** Default: ours. */
  readonly runner?: 'stock' | 'xdist';
  readonly env?: Readonly<Record<string, string>>;
}

/** The environment in which Jest finds a terminal with colours. It takes nothing for a terminal if a CI runs it. */
export function inTerminal(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const rest = {...environment, TERM: 'xterm-256color'};
  for (const name of ['CI', 'CONTINUOUS_INTEGRATION', 'GITHUB_ACTIONS', 'NO_COLOR', 'TMUX', 'STY', 'TERM_PROGRAM']) {
    delete (rest as NodeJS.ProcessEnv)[name];
  }
  return rest;
}

/**
 * The shell keeps the terminal open when Jest has ended, and says so in the terminal, after all that Jest has written.
 * Without it, what Jest has written last may be lost: libuv takes a terminal whose other side is closed for read to its
 * end after the first read that does not fill the buffer, and the kernel may pass the rest on a moment later.
 */
const SHELL = `trap : INT TERM HUP; "$@"; printf '\\033]7777;%s\\007' "$?"; read -r _`;
const ENDED = 7777;

/** What a shell adds to the number of the signal that has ended a process. */
const BY_SIGNAL = 128;

interface End {
  readonly exitCode: number;
  /** 0: none. */
  readonly signal: number;
}

export class TerminalSession {
  /** All that Jest has written, as it wrote it. */
  written = '';
  readonly #pty: IPty;
  readonly #terminal: Terminal;
  readonly #ended: Promise<End>;
  #hasEnded = false;
  #waiting: (() => void) | null = null;

  /** @param args the reporters are those of the project's config */
  constructor(project: Project, args: readonly string[], options: TerminalOptions = {}) {
    const {columns = 80, rows = 24, runner = 'xdist', env = {}} = options;
    const jest = join(project.folder, '..', '..', 'node_modules', 'jest', 'bin', 'jest.js');
    const environment = {...inTerminal(inheritedEnvironment()), XDIST_IN_BAND: 'never', ...env};
    this.#terminal = new Terminal({cols: columns, rows, scrollback: 10_000, allowProposedApi: true});
    const command = [project.execPath, jest, ...(runner === 'xdist' ? ['--runner=xdist'] : []), ...args];
    this.#pty = spawn('sh', ['-c', SHELL, 'sh', ...command], {
      cols: columns,
      rows,
      cwd: project.folder,
      env: environment,
    });
    this.#pty.onData(text => {
      this.written += text;
      this.#terminal.write(text, () => this.#waiting?.());
    });
    this.#ended = new Promise(resolve => {
      const ended = (code: number): void => {
        this.#hasEnded = true;
        this.#waiting?.();
        resolve(code > BY_SIGNAL ? {exitCode: 0, signal: code - BY_SIGNAL} : {exitCode: code, signal: 0});
      };
      this.#terminal.parser.registerOscHandler(ENDED, code => {
        ended(Number(code));
        this.#pty.kill('SIGKILL'); // the shell
        return true;
      });
      this.#pty.onExit(({exitCode, signal = 0}) => ended(signal > 0 ? BY_SIGNAL + signal : exitCode));
    });
  }

  /** The rows of the screen. */
  get screen(): string[] {
    const {active} = this.#terminal.buffer;
    return Array.from({length: this.#terminal.rows}, (_, row) => this.#row(active.baseY + row));
  }

  /** The rows of the screen and of what has scrolled off, without the blank ones at the end. */
  get all(): string {
    const {active} = this.#terminal.buffer;
    return Array.from({length: active.length}, (_, row) => this.#row(row))
      .join('\n')
      .trimEnd();
  }

  /** The number of the colour of the first character of the text on the screen; -1: it has none. */
  colourOf(text: string): number {
    const {active} = this.#terminal.buffer;
    const row = this.screen.findIndex(line => line.includes(text));
    const cell = active.getLine(active.baseY + row)?.getCell((this.screen[row] ?? '').indexOf(text));
    return cell === undefined || cell.isFgDefault() ? -1 : cell.getFgColor();
  }

  press(keys: string): void {
    this.#pty.write(keys);
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** Resolves with the screen, once the pattern is on it. */
  async until(pattern: RegExp): Promise<string> {
    return this.untilScreen(screen => pattern.test(screen), String(pattern));
  }

  async untilScreen(isThere: (screen: string) => boolean, what: string): Promise<string> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#waiting?.();
    }, LONGEST_WAIT_MS);
    try {
      for (;;) {
        const screen = this.screen.join('\n');
        if (isThere(screen)) return screen;
        if (this.#hasEnded || isLate) throw new Error(`not on the screen: ${what}\n${screen}`);
        await new Promise<void>(resolve => (this.#waiting = resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when Jest has ended and all that it wrote is on the screen. */
  end(): Promise<End> {
    return this.#ended;
  }

  kill(): void {
    if (!this.#hasEnded) this.#pty.kill('SIGKILL');
  }

  #row(index: number): string {
    return this.#terminal.buffer.active.getLine(index)?.translateToString(true) ?? '';
  }
}
