/** How a worker died, as evidence, and as the text a user reads. */
import type {RuleProblem} from '../rules/fileRules';
import {describeTimeSpan} from './timeSpan';
import {describeWorker, type FileIdentity, type Generation, type SlotNumber} from '../plan/units';
import {describeLimit, describePlace, type HungPlace} from '../wire/watchdogMessages';

/** What is known of the end of a worker process. */
export type Death =
  | {readonly kind: 'signal'; readonly signal: string}
  | {readonly kind: 'exit'; readonly code: number; readonly uncaught: string | null}
  | {readonly kind: 'out-of-memory'}
  /** It was killed because what it did took too long. */
  | {
      readonly kind: 'hung';
      /** What it did. */
      readonly name: string;
      readonly ms: number;
      readonly limitMs: number;
      /** Says where the limit comes from; '': from none of the user's settings. */
      readonly limitBy: string;
      /** Whether code of the test file may have been running. */
      readonly began: boolean;
      readonly place: HungPlace;
    }
  /** It was killed because it did not begin what it was given, for so long (ms). */
  | {readonly kind: 'deaf'; readonly ms: number}
  /** It was killed because nothing was heard of it for so long (ms), not even of its watchdog. */
  | {readonly kind: 'silent'; readonly ms: number}
  /** A signal to Jest has ended the run. */
  | {readonly kind: 'interrupted'; readonly signal: string}
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
 * @param loads how many workers have died before any test of it was known; 0: nothing is known of that
 */
export function blameFile(report: DeathReport, loads: number): FileError {
  return fileError(
    `${
      loads > 0
        ? ended('while it loaded this test file', report) + (loads > 1 ? '\nSo did the one that tried it before.' : '')
        : `The worker process that ran this test file died: ${describeDeath(report.death)}.\nThe results of its other tests are lost.`
    }\n\n${circumstances(report)}`,
  );
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
    `A pragma in this file's docblock is invalid, so the file was not run.\n\n${problems
      .map(problem => `  ${file.path}:${problem.line}  ${problem.message}`)
      .join('\n')}`,
  );
}

/** The failure of a file that asks for what cannot be had. */
export function unmetRules(problems: readonly RuleProblem[]): FileError {
  return fileError(
    `This file asks for something that is not available, so it was not run.\n\n${problems
      .map(({place, message}) => `  ${place}  ${message}`)
      .join('\n')}`,
  );
}

/** A sentence: `when` is what the worker was at. */
export function ended(when: string, {death}: DeathReport): string {
  if (death.kind === 'interrupted') return `This run was interrupted ${when}: ${describeDeath(death)}.`;
  const hung = death.kind === 'hung' || death.kind === 'silent';
  return `The worker process ${hung ? 'hung' : 'died'} ${when}: ${describeDeath(death)}.`;
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
    case 'hung':
      return `the runner killed it after ${describeTimeSpan(death.ms)} (limit: ${describeLimit(death.limitMs, death.limitBy)})`;
    case 'silent':
      return (
        `it was killed because it was silent for ${describeTimeSpan(death.ms)}: ` +
        'something stopped it from outside (SIGSTOP), or the machine gave it no time to run'
      );
    case 'deaf':
      return (
        `it was killed because it did not start its next file for ${describeTimeSpan(death.ms)}: ` +
        'something broke its connection to Jest'
      );
    case 'interrupted':
      return `${death.signal} has ended it`;
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
  // Last: what looks like a stack is one for Jest, which shows the code, too.
  if (report.death.kind === 'hung') evidence.push(whereItHung(report.death));
  return evidence.join('\n\n');
}

/** The evidence of a hang. */
export function whereItHung({name, place}: Extract<Death, {kind: 'hung'}>): string {
  return `Where it hung, in ${name}:\n${describePlace(place)}`;
}

/** As in `worker w2 (pid 123)`. */
export function nameOf({slot, pid}: DeathReport): string {
  return `worker ${describeWorker(slot, pid)}`;
}

/** No blanks before the bar: Jest takes them away from each line that looks like a place in a stack, and from no other. */
function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map(line => `| ${line}`)
    .join('\n');
}

function fileError(message: string): FileError {
  // Reporters print message and stack; an empty stack makes them print the message alone. Of one that has
  // places in it, Jest shows the code.
  return {message, stack: /^ {4}at .+:\d+:\d+\)?$/m.test(message) ? message : '', type: 'Error'};
}
