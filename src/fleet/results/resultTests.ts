/** The tests of a result, as a recording lists them. */
import * as v from 'valibot';
import type {RecordedTest} from '../../recording/lines';
import {testStatus} from '../../recording/fieldSchemas';
import type {FileResult} from './jobResult';

/** A duration or a time that is unknown may be null, absent, or `undefined` in the encoding of recording/json. */
const ms = v.optional(v.fallback(v.nullable(v.number()), null), null);

/** What counts here of the result that Jest is told. */
const result = v.object({
  perfStats: v.object({start: v.number()}),
  testResults: v.array(
    v.object({
      ancestorTitles: v.array(v.string()),
      title: v.string(),
      status: testStatus,
      duration: ms,
      startAt: ms,
    }),
  ),
});

/**
 * @returns the tests, whose times are by the server's clock, in ms since the epoch. Empty: the file has no result, or
 *   Jest could not be told it
 */
export function testsOf({told, at}: Pick<FileResult, 'told' | 'at'>): RecordedTest[] {
  const end = told.at(-1);
  const parsed = end?.name === 'test-file-success' ? v.safeParse(result, end.data) : null;
  if (parsed?.success !== true) return [];
  const {perfStats, testResults} = parsed.output;
  return testResults.map(({ancestorTitles, title, status, duration, startAt}) => ({
    titles: [...ancestorTitles, title],
    status,
    ms: duration,
    // Both are by the clock of the machine that ran the file.
    at: startAt === null ? null : at + startAt - perfStats.start,
  }));
}
