/** The failure texts for a worker that died in the middle of a test file. */
import {circumstances, ended, nameOf, type DeathReport} from './deaths';
import {namedBefore} from './failureMessages';
import type {DeadSession} from '../results/deadSession';

export interface CrashTextOptions {
  readonly session: DeadSession;
  readonly report: DeathReport;
  /** Whether Jest collects coverage: a dead process loses the coverage that it collected. */
  readonly coverage: boolean;
}

/** The failure of a test that ran when its worker died. */
export function testCrash(place: number, options: CrashTextOptions): string {
  const {session, report} = options;
  const rss = session.running.get(place)?.rss ?? 0;
  return sentences(options, ended(whileTestRan(session, place), report), [
    `The test ran in ${nameOf(report)}, ${ranBefore(session, place)}.`,
    ...(rss > 0 ? [`When the test began, the worker used ${megabytes(rss)} of memory (RSS).`] : []),
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
    [`The hook ran in ${nameOf(options.report)}.`],
  );
}

/** The failure of a file whose worker died while no test ran; null if the death failed some of its tests instead. */
export function outsideCrash(options: CrashTextOptions): string | null {
  const {
    session: {crash, failed, opened},
    report,
  } = options;
  const ran = [`The file ran in ${nameOf(report)}.`];
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
      return sentences(options, ended('after all tests, during the teardown of the test environment', report), ran);
  }
}

/** The failure of a file with tests that kill their worker, but only when they run at the same time. */
export function togetherCrash(places: readonly number[], options: CrashTextOptions): string {
  const names = places.map(place => nameOfTest(options.session.opened.tests, place)).join(', ');
  return sentences(
    options,
    `${ended('while these tests ran at the same time', options.report)}\n` +
      `  ${names}\nThe tests ran again, one at a time, and no worker died. Their results are from that second try.`,
    [`The tests ran in ${nameOf(options.report)}.`],
  );
}

/** Says why a test was not run after its file's worker died. */
export function notRun(reason: string): string {
  return `This test was not run: ${reason}`;
}

function sentences({report, coverage}: CrashTextOptions, first: string, more: readonly string[]): string {
  const lost = coverage ? ['The coverage data of that process is lost.'] : [];
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
