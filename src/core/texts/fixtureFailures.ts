/** What a user reads of a shared fixture that failed. */
import type {RuleProblem} from '../rules/fileRules';
import type {FixtureFailure} from '../wire/workerMessages';
import {describeTimeSpan} from './timeSpan';

/** How a process of ours ended. */
export type ProcessEnd =
  | {readonly kind: 'exit'; readonly code: number}
  | {readonly kind: 'signal'; readonly signal: string}
  | {readonly kind: 'not-started'; readonly message: string};

export type FixtureTrouble =
  /** Its code threw. */
  | {readonly kind: 'thrown'; readonly error: FixtureFailure}
  /** Its process is gone. `before`: before it was told to take down. */
  | {readonly kind: 'ended'; readonly end: ProcessEnd; readonly before: boolean}
  /** `loading`: its module was not even loaded. */
  | {readonly kind: 'timed-out'; readonly limitMs: number; readonly loading: boolean}
  /** There is no process any more that could be asked. */
  | {readonly kind: 'no-host'; readonly why: string};

/** Why there is no host any more: it has ended, and nobody had told it to. */
export function hostEnded(end: ProcessEnd): string {
  return `the process that looks after all shared fixtures is gone: ${describeEnd(end)}`;
}

/** @param stderr the last that its process wrote there */
export function setupFailure(title: string, trouble: FixtureTrouble, stderr = ''): FixtureFailure {
  return failure(`Shared fixture ${title} could not be set up`, 'setup', trouble, stderr);
}

/** @param stderr the last that its process wrote there */
export function teardownFailure(title: string, trouble: FixtureTrouble, stderr = ''): FixtureFailure {
  return failure(`Shared fixture ${title} could not be taken down`, 'teardown', trouble, stderr);
}

/** For whoever would use it after that. @param stderr the last that its process wrote there */
export function deathInUse(title: string, end: ProcessEnd, stderr: string): FixtureFailure {
  return evident(`Shared fixture ${title} is gone: its process ended by itself: ${describeEnd(end)}.`, stderr);
}

/** Of a file that was begun all the same, as under Jest's own runner. */
export function refusedFixtures(problems: readonly RuleProblem[]): FixtureFailure {
  const told = problems.map(({place, message}) => `  ${place}  ${message}`).join('\n');
  return {message: `This file asks for what cannot be had, so it has no shared fixtures.\n\n${told}`, stack: ''};
}

function failure(what: string, phase: 'setup' | 'teardown', trouble: FixtureTrouble, stderr: string): FixtureFailure {
  switch (trouble.kind) {
    case 'thrown': {
      const message = `${what}: ${trouble.error.message}`;
      // As V8 has it: Jest prints the stack, and the message only where that does not begin with it.
      return {message, stack: trouble.error.stack === '' ? '' : `${message}\n${trouble.error.stack}`};
    }
    case 'ended':
      return evident(
        `${what}: its process ${trouble.before ? 'had ended by itself before' : `ended during ${phase}`}: ${describeEnd(trouble.end)}.`,
        stderr,
      );
    case 'timed-out':
      return evident(
        trouble.loading
          ? `${what}: its module took longer than ${describeTimeSpan(trouble.limitMs)} to load (fixtureTimeout), and was killed.`
          : `${what}: its ${phase} took longer than ${describeTimeSpan(trouble.limitMs)} (fixtureTimeout), and was killed.`,
        stderr,
      );
    case 'no-host':
      return {message: `${what}: ${trouble.why}.`, stack: ''};
  }
}

function describeEnd(end: ProcessEnd): string {
  switch (end.kind) {
    case 'exit':
      return `it exited with code ${end.code}`;
    case 'signal':
      return `it was killed by signal ${end.signal}`;
    case 'not-started':
      return `it could not be started: ${end.message}`;
  }
}

function evident(message: string, stderr: string): FixtureFailure {
  const evidence =
    stderr === ''
      ? 'Nothing was written to its standard error.'
      : `The end of its standard error:\n${stderr.replace(/^/gm, '  | ')}`;
  return {message: `${message}\n\n${evidence}`, stack: ''};
}
