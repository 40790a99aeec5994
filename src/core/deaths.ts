/** How a worker died, as evidence, and as the text a user reads. */
import type {FileIdentity, Generation, SlotNumber} from './units';

/** What is known of the end of a worker process. */
export type Death =
  | {readonly kind: 'signal'; readonly signal: string}
  | {readonly kind: 'exit'; readonly code: number; readonly uncaught: string | null}
  | {readonly kind: 'out-of-memory'}
  /** The worker could not start, or broke its protocol. */
  | {readonly kind: 'broken'; readonly message: string};

/** Why no worker is left: each died again and again before it did anything, or no more may be started. */
export type AbandonReason = 'all-barren' | 'restarts-spent';

/** A death with its circumstances. */
export interface DeathReport {
  readonly death: Death;
  readonly slot: SlotNumber;
  readonly generation: Generation;
  /** null where the process never said. */
  readonly pid: number | null;
  /** The end of what the process wrote to its standard error, from any of its files. */
  readonly stderr: string;
}

/** What Jest's reporters print as the reason why a file has no result. */
export interface FileError {
  readonly message: string;
  readonly stack: string;
  readonly type: 'Error';
}

/**
 * The failure of the file that a worker was running when it died.
 *
 * @param loading whether no test of it was known yet, and that not for the first time
 */
export function blameFile(report: DeathReport, loading: boolean): FileError {
  const death = describeDeath(report.death);
  return fileError(
    `${
      loading
        ? `The worker process died while it loaded this test file: ${death}.\nSo did the one that tried it before.`
        : `The worker process that ran this test file died: ${death}.\nThe results of its other tests are lost.`
    }\n\n${circumstances(report)}`,
  );
}

/**
 * Of the files that a worker had run to their end, the one whose exception killed it: a timer or a
 * promise that a file leaves behind goes off while a later one runs. null: none of them, as far as
 * the exception's stack tells, or it comes from the running file as well.
 */
export function culpritBefore(death: Death, ended: readonly string[], running: string | null): string | null {
  if (death.kind !== 'exit' || death.uncaught === null) return null;
  const stack = death.uncaught;
  const mentions = (path: string) => stack.includes(`${path}:`);
  if (running === null || mentions(running)) return null;
  return ended.findLast(mentions) ?? null;
}

/** The failure of a file that could not be run because no worker was left. */
export function abandonFile(reason: AbandonReason, last: DeathReport | null, limit: number | null): FileError {
  return fileError(
    `This test file was not run: ${whyAbandoned(reason, limit)}.${
      last === null ? '' : `\nThe last worker died: ${describeDeath(last.death)}.\n\n${circumstances(last)}`
    }`,
  );
}

export function whyAbandoned(reason: AbandonReason, limit: number | null): string {
  return reason === 'all-barren'
    ? 'every worker stayed down: each died 3 times in a row without having run a test file'
    : `no worker is left, and maxWorkerRestarts (${String(limit)}) allows no further replacement`;
}

/** The failure of a file whose pragmas cannot be read. */
export function malformedPragmas(
  file: FileIdentity,
  problems: readonly {readonly line: number; readonly message: string}[],
): FileError {
  return fileError(
    `A pragma in this file's docblock is not right, so the file was not run.\n\n${problems
      .map(problem => `  ${file.path}:${problem.line}  ${problem.message}`)
      .join('\n')}`,
  );
}

export function describeDeath(death: Death): string {
  switch (death.kind) {
    case 'signal':
      return `it was killed by signal ${death.signal}`;
    case 'out-of-memory':
      return 'it ran out of memory';
    case 'exit':
      return death.uncaught === null
        ? `process.exit(${death.code}) was called in it`
        : `an exception that nothing caught ended it with exit code ${death.code}`;
    case 'broken':
      return death.message;
  }
}

/** The evidence: the worker's last words. */
export function circumstances(report: DeathReport): string {
  const name = nameOf(report);
  const evidence: string[] = [];
  if (
    report.death.kind === 'exit' &&
    report.death.uncaught !== null &&
    !report.stderr.includes(report.death.uncaught)
  ) {
    evidence.push(`The exception in ${name}:\n${indent(report.death.uncaught)}`);
  }
  evidence.push(
    report.stderr === ''
      ? `Nothing was written to the standard error of ${name}.`
      : `The end of the standard error of ${name}:\n${indent(report.stderr)}`,
  );
  return evidence.join('\n\n');
}

/** As in `worker w2 (pid 123)`. */
export function nameOf({slot, pid}: DeathReport): string {
  return `worker w${slot}${pid === null ? '' : ` (pid ${pid})`}`;
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map(line => `  | ${line}`)
    .join('\n');
}

function fileError(message: string): FileError {
  // Reporters print message and stack; an empty stack makes them print the message alone.
  return {message, stack: '', type: 'Error'};
}
