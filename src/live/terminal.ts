/**
 * Shows the live view in the place of the status lines of Jest's reporter. Jest's reporter takes its status away before
 * it prints anything, and prints it again afterwards; so whatever scrolls by stays above.
 */
import type {Paint} from './screen';
import {linesOf} from './screen';
import {widthOf} from './harmless';
import type {LiveView} from './liveView';
import {NO_PROGRESS, progressSequence} from './taskbar';

/** The private parts of Jest's reporter: the capability `statusLines`. */
export interface StatusPrinter {
  readonly _status: {get(): Status; onChange(listener: () => void): void};
  /** What takes the printed status away. */
  _clear: string;
  _out(text: string): unknown;
  _err(text: string): unknown;
  __clearStatus(): void;
  __printStatus(): void;
}

interface Status {
  readonly content: string;
  readonly clear: string;
}

export interface TerminalOptions {
  readonly printer: StatusPrinter;
  readonly view: LiveView;
  readonly useStderr: boolean;
  readonly hasProgress: boolean;
  readonly paint: Paint;
  readonly shown: (path: string) => string;
}

/** The least time (ms) from one change of the screen to the next. */
const REDRAW_EVERY_MS = 125;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const NOTHING: Status = {content: '', clear: ''};

/** From here on the terminal shows changes at once; those before it are not seen one by one. */
const [BEGIN_UPDATE, END_UPDATE] = ['\u001B[?2026h', '\u001B[?2026l'];

export class Terminal {
  readonly #options: TerminalOptions;
  readonly #jests: () => Status;
  #status: Status | null = null;
  #lines: readonly string[] = [];
  #composedAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #progress = '';
  #ended = false;

  /** From now on the reporter shows the live view, while there is a run of ours. */
  constructor(options: TerminalOptions) {
    const {_status: status} = options.printer;
    this.#options = options;
    this.#jests = status.get.bind(status);
    status.get = () => this.#get();
    status.onChange(() => this.changed());
    process.stdout.on('resize', this.#resized);
    process.on('exit', this.#leave);
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  /** What is shown may have changed. */
  readonly changed = (): void => {
    if (this.#ended || this.#timer !== undefined) return;
    const wait = Math.max(0, this.#composedAt + REDRAW_EVERY_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#redraw();
    }, wait).unref();
  };

  /** Takes everything away; Jest's own status follows, if there is still one. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    process.stdout.off('resize', this.#resized);
    process.off('exit', this.#leave);
    for (const signal of SIGNALS) process.off(signal, this.#onSignal);
    const {printer} = this.#options;
    printer.__clearStatus();
    printer.__printStatus();
    this.#showProgress('');
  }

  /** What Jest's reporter prints as its status. */
  #get(): Status {
    if (this.#ended) return NOTHING;
    if (this.#status === null || performance.now() - this.#composedAt >= REDRAW_EVERY_MS) this.#compose();
    return this.#status ?? NOTHING;
  }

  #redraw(): void {
    const before = this.#status?.content;
    this.#compose();
    if (this.#status?.content === before) return;
    const {printer} = this.#options;
    this.#write(BEGIN_UPDATE);
    printer.__clearStatus();
    printer.__printStatus();
    this.#write(END_UPDATE);
  }

  /** An error of the view must not reach Jest, which prints through this. */
  #compose(): void {
    try {
      this.#composeNow();
    } catch {
      this.#options.view.close();
      this.#composeNow(); // now Jest's own status
    }
  }

  #composeNow(): void {
    this.#composedAt = performance.now();
    const {view, paint, shown} = this.#options;
    const {state} = view;
    if (state === null) {
      this.#lines = [];
      this.#status = this.#jests();
      this.#showProgress('');
      return;
    }
    const {columns, rows} = sizeOf(process.stdout);
    const {lanes, totals, slowMs} = state;
    this.#lines = linesOf(lanes, totals, {columns, rows, paint, slowMs, shown});
    this.#status = {content: this.#lines.map(line => `\n${line}`).join(''), clear: clearOf(this.#lines, columns)};
    if (totals.files > 0) this.#showProgress(progressSequence(totals.ended / totals.files, totals.failed > 0));
  }

  /** The terminal has broken the printed lines anew: they may take more rows than before. */
  readonly #resized = (): void => {
    if (this.#lines.length > 0) this.#options.printer._clear = clearOf(this.#lines, sizeOf(process.stdout).columns);
    this.#composedAt = -Infinity;
    this.changed();
  };

  #showProgress(sequence: string): void {
    if (!this.#options.hasProgress || sequence === this.#progress) return;
    this.#progress = sequence;
    this.#write(sequence === '' ? NO_PROGRESS : sequence);
  }

  #write(text: string): void {
    const {printer, useStderr} = this.#options;
    if (useStderr) printer._err(text);
    else printer._out(text);
  }

  /** Jest's process ends before its run does. */
  readonly #leave = (): void => this.close();

  /** A signal that nobody else listens to ends the process without a further word. */
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.close();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
}

/** The size of a terminal that does not tell its own is that of the first ones. */
function sizeOf({columns, rows}: NodeJS.WriteStream): {columns: number; rows: number} {
  return {columns: columns > 0 ? columns : 80, rows: rows > 0 ? rows : 24};
}

/**
 * What takes the lines away, and brings the cursor back to where it was. The row above the first line may have text of
 * a program in it, so it stays.
 */
function clearOf(lines: readonly string[], columns: number): string {
  if (lines.length === 0) return '';
  let rows = 0;
  for (const line of lines) rows += Math.max(1, Math.ceil(widthOf(stripColours(line)) / columns));
  const up = rows > 1 ? `\u001B[${rows - 1}A` : '';
  return `\r${up}\u001B[J\u001B[1A`;
}

function stripColours(line: string): string {
  return line.replace(/\u001B\[[\d;]*m/g, '');
}
