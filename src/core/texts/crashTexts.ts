/** What a user reads about a worker's death in the middle of a test file: the crash item's failure. */
import {circumstances, ended, nameOf, type DeathReport} from './deaths';
import {namedBefore} from './failureMessages';
import type {DeadSession} from '../results/deadSession';

export interface CrashTextOptions {
  readonly session: DeadSession;
  readonly report: DeathReport;
  /** Whether coverage is collected: what a dead process has collected is lost. */
  readonly coverage: boolean;
}

/** The failure of a test that ran when its worker died. */
export function testCrash(place: number, options: CrashTextOptions): string {
  const {session, report} = options;
  const rss = session.running.get(place)?.rss ?? 0;
  const memory = rss > 0 ? `, which held ${megabytes(rss)} of memory (RSS) when it began` : '';
  return sentences(options, ended(whileTestRan(session, place), report), [
    `It ran in ${nameOf(report)}${memory}, ${ranBefore(session, place)}.`,
  ]);
}

function whileTestRan({crash}: DeadSession, place: number): string {
  const hook = crash.type === 'test' && crash.place === place ? crash.hook : null;
  return hook === null ? 'while this test ran' : `while this test's ${hook} hook ran`;
}

/** The failure of each test of a describe block whose beforeAll hook was running. */
export function hookCrash(titles: readonly string[], hook: string, options: CrashTextOptions): string {
  const where = titles.length === 0 ? 'of the file' : `of ${JSON.stringify(titles.join(' › '))}`;
  return sentences(
    options,
    ended(`while ${hook === 'afterAll' ? 'an' : 'a'} ${hook} hook ${where} ran`, options.report),
    [`It ran in ${nameOf(options.report)}.`],
  );
}

/** The failure of the file whose tests did not run when its worker died; null: some of its tests have failed for it. */
export function outsideCrash(options: CrashTextOptions): string | null {
  const {
    session: {crash, failed, opened},
    report,
  } = options;
  const ran = [`It ran in ${nameOf(report)}.`];
  switch (crash.type) {
    case 'test':
    case 'together':
    case 'innocent':
      return null;
    case 'hook':
      return failed.length > 0 ? null : hookCrash(crash.titles, crash.hook, options);
    case 'between': {
      const after =
        crash.after === null ? 'before the first test began' : `after ${nameOfTest(opened.tests, crash.after)}`;
      return sentences(options, ended(`while no test ran, ${after}`, report), ran);
    }
    case 'teardown':
      return sentences(options, ended('when all tests had run, while their environment was torn down', report), ran);
  }
}

/** The failure of a file some of whose tests kill their worker only when they run at the same time. */
export function togetherCrash(places: readonly number[], options: CrashTextOptions): string {
  const names = places.map(place => nameOfTest(options.session.opened.tests, place)).join(', ');
  return sentences(
    options,
    `${ended('while these tests ran at the same time', options.report)}\n` +
      `  ${names}\nThey ran again, one at a time, and no worker died; their results are from then.`,
    [`It ran in ${nameOf(options.report)}.`],
  );
}

/** Why a test of a file whose worker died was not run. */
export function notRun(reason: string): string {
  return `This test was not run: ${reason}`;
}

function sentences({report, coverage}: CrashTextOptions, first: string, more: readonly string[]): string {
  const lost = coverage ? ['The coverage of what ran in that process is lost.'] : [];
  return `${[first, ...more, ...lost].join('\n')}\n\n${circumstances(report)}`;
}

function ranBefore({began, opened}: DeadSession, place: number): string {
  const before = began.slice(0, Math.max(0, began.indexOf(place)));
  if (before.length === 0) return "as the first of the file's tests there";
  return `after ${namedBefore(
    before.length,
    before.map(other => opened.tests[other]?.titles.join(' ') ?? '?'),
  )}`;
}

function nameOfTest(tests: DeadSession['opened']['tests'], place: number): string {
  return JSON.stringify(tests[place]?.titles.join(' ') ?? '?');
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}
