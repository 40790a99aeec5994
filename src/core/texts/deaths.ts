/** How a worker died: the facts, and the texts made of them. */
import type {RuleProblem} from '../rules/fileRules';
import {describeTimeSpan} from './timeSpan';
import {describeWorker, type FileIdentity, type Generation, type SlotNumber} from '../plan/units';
import {describeLimit, describePlace, type HungPlace} from '../wire/watchdogMessages';

/** How a worker process ended. */
export type Death =
  | {readonly kind: 'signal'; readonly signal: string}
  | {readonly kind: 'exit'; readonly code: number; readonly uncaught: string | null}
  | {readonly kind: 'out-of-memory'}
  /** The runner killed it because a phase took too long. */
  | {
      readonly kind: 'hung';
      /** The name of the phase. */
      readonly name: string;
      readonly ms: number;
      readonly limitMs: number;
      /** Says where the limit comes from; '': from none of the user's settings. */
      readonly limitBy: string;
      /** Whether code of the test file may have been running. */
      readonly began: boolean;
      readonly place: HungPlace;
    }
  /** The runner killed it because it did not begin its next unit within this time (ms). */
  | {readonly kind: 'deaf'; readonly ms: number}
  /** The runner killed it because not even its watchdog sent a message for this time (ms). */
  | {readonly kind: 'silent'; readonly ms: number}
  /** A signal to Jest ended the run. */
  | {readonly kind: 'interrupted'; readonly signal: string}
  /** The worker could not start, or broke its protocol. */
  | {readonly kind: 'broken'; readonly message: string};

/** Why no worker is left: every slot's workers died before they ran a test, or the run may start no more workers. */
export type AbandonReason = 'all-barren' | 'restarts-spent';

/** A death with its circumstances. */
export interface DeathReport {
  readonly death: Death;
  readonly slot: SlotNumber;
  readonly generation: Generation;
  /** null if the process never sent it. */
  readonly pid: number | null;
  /** The end of the process's standard error, from all the test files that the process ran. */
  readonly stderr: string;
}

/** Jest's reporters print this as the reason why a file has no result. */
export interface FileError {
  readonly message: string;
  readonly stack: string;
  readonly type: 'Error';
}

/**
 * The failure of the file that a worker was running when it died.
 *
 * @param loads how many workers died before they listed the file's tests; 0: unknown
 */
export function blameFile(report: DeathReport, loads: number): FileError {
  return fileError(
    `${
      loads > 0
        ? ended('while it loaded this test file', report) +
          (loads > 1 ? '\nThe previous worker died the same way.' : '')
        : `The worker process that ran this test file died: ${describeDeath(report.death)}.\nThe results of the file's other tests are lost.`
    }\n\n${circumstances(report)}`,
  );
}

/** The failure of a file that did not run because no worker was left. */
export function abandonFile(reason: AbandonReason, last: DeathReport | null, limit: number | null): FileError {
  return fileError(
    `This test file was not run: ${whyAbandoned(reason, limit)}.${
      last === null ? '' : `\nThe last worker died: ${describeDeath(last.death)}.\n\n${circumstances(last)}`
    }`,
  );
}

export function whyAbandoned(reason: AbandonReason, limit: number | null): string {
  return reason === 'all-barren'
    ? 'no worker is left: in every slot, 3 workers in a row died before they ran a test'
    : `no worker is left, and maxWorkerRestarts (${String(limit)}) allows no more replacements`;
}

/** The failure of a file with invalid pragmas. */
export function malformedPragmas(
  file: FileIdentity,
  problems: readonly {readonly line: number; readonly text: string}[],
): FileError {
  return fileError(
    `A pragma in this file's docblock is invalid, so the file was not run.\n\n${problems
      .map(problem => `  ${file.path}:${problem.line}  ${problem.text}`)
      .join('\n')}`,
  );
}

/** The failure of a file that asks for something that the run does not have. */
export function unmetRules(problems: readonly RuleProblem[]): FileError {
  return fileError(
    `This file asks for something that is not available, so it was not run.\n\n${problems
      .map(({place, text}) => `  ${place}  ${text}`)
      .join('\n')}`,
  );
}

/** @param when a clause that says what the worker was doing @returns a sentence */
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
        ? `the worker called process.exit(${death.code})`
        : `an uncaught exception ended it with exit code ${death.code}`;
    case 'hung':
      return `the runner killed it after ${describeTimeSpan(death.ms)} (limit: ${describeLimit(death.limitMs, death.limitBy)})`;
    case 'silent':
      return (
        `the runner killed it because it was silent for ${describeTimeSpan(death.ms)}: ` +
        'another process stopped it (SIGSTOP), or the machine was too busy to run it'
      );
    case 'deaf':
      return (
        `the runner killed it because it did not start its next file within ${describeTimeSpan(death.ms)}: ` +
        'something broke its connection to Jest'
      );
    case 'interrupted':
      return `${death.signal} ended it`;
    case 'broken':
      return death.message;
  }
}

/** The evidence: the uncaught exception, the end of the standard error, and the place of a hang. */
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
  // Keep this last: Jest treats any stack-like text as a stack and prints a code frame for it.
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

/** No blanks before the bar: Jest trims the lines that look like stack frames, and no others. */
function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map(line => `| ${line}`)
    .join('\n');
}

/** Matches the first stack frame of a text. */
const FRAME = /^ {4}at .+:\d+:\d+\)?$/m;

/**
 * Jest prints the text before a stack's first frame, and then the frames of the test's code with a code frame, if the
 * stack contains the message. Without frames, an empty stack makes reporters print the message alone.
 */
function fileError(text: string): FileError {
  const frames = FRAME.exec(text);
  if (frames === null) return {message: text, stack: '', type: 'Error'};
  return {message: text.slice(0, frames.index).trimEnd(), stack: text, type: 'Error'};
}
