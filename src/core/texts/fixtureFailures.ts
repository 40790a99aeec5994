/** Texts for a shared fixture that failed. */
import type {RuleProblem} from '../rules/fileRules';
import type {FixtureFailure} from '../wire/workerMessages';
import {describeTimeSpan} from './timeSpan';

/** How a process of the runner ended. */
export type ProcessEnd =
  | {readonly kind: 'exit'; readonly code: number}
  | {readonly kind: 'signal'; readonly signal: string}
  | {readonly kind: 'not-started'; readonly message: string};

export type FixtureTrouble =
  /** The fixture's code threw. */
  | {readonly kind: 'thrown'; readonly error: FixtureFailure}
  /** The fixture's process ended. `before`: it ended before the host asked it to tear down. */
  | {readonly kind: 'ended'; readonly end: ProcessEnd; readonly before: boolean}
  /** `loading`: the time ran out before the fixture's module was loaded. */
  | {readonly kind: 'timed-out'; readonly limitMs: number; readonly loading: boolean}
  /** The fixture host has ended. */
  | {readonly kind: 'no-host'; readonly why: string};

/** Says that the fixture host ended although nobody asked it to. */
export function hostEnded(end: ProcessEnd): string {
  return `the process that looks after all shared fixtures is gone: ${describeEnd(end)}`;
}

/** @param stderr the end of the standard error of the fixture's process */
export function setupFailure(title: string, trouble: FixtureTrouble, stderr = ''): FixtureFailure {
  return failure(`Shared fixture ${title} could not be set up`, 'setup', trouble, stderr);
}

/** @param stderr the end of the standard error of the fixture's process */
export function teardownFailure(title: string, trouble: FixtureTrouble, stderr = ''): FixtureFailure {
  return failure(`Shared fixture ${title} could not be taken down`, 'teardown', trouble, stderr);
}

/** For files that need the fixture after its death. @param stderr the end of the standard error of its process */
export function deathInUse(title: string, end: ProcessEnd, stderr: string): FixtureFailure {
  return evident(`Shared fixture ${title} is gone: its process ended by itself: ${describeEnd(end)}.`, stderr);
}

/** For a file that runs nevertheless: Jest's own runner does not keep it from running. */
export function refusedFixtures(problems: readonly RuleProblem[]): FixtureFailure {
  const lines = problems.map(({place, text}) => `  ${place}  ${text}`).join('\n');
  return {
    message: `This file asks for something that is not available, so it has no shared fixtures.\n\n${lines}`,
    stack: '',
  };
}

function failure(what: string, phase: 'setup' | 'teardown', trouble: FixtureTrouble, stderr: string): FixtureFailure {
  switch (trouble.kind) {
    case 'thrown': {
      const message = `${what}: ${trouble.error.message}`;
      // As in V8, the stack begins with the message: otherwise Jest prints the message twice.
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
          ? `${what}: its module took longer than ${describeTimeSpan(trouble.limitMs)} to load (fixtureTimeout), and the runner killed it.`
          : `${what}: its ${phase} took longer than ${describeTimeSpan(trouble.limitMs)} (fixtureTimeout), and the runner killed it.`,
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
