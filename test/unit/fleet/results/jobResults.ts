/** Results of jobs, as machines make them. */
import {createEmptyTestResult, type Test, type TestResult} from '@jest/test-result';
import type {FileResult, JobResult, ToldEvent} from '../../../../src/fleet/results/jobResult';
import type {PlannedJob} from '../../../../src/core/fleet/fleetPlan';
import {jestTest, passedTest} from '../../run/jestTests';

/** The root of the checkouts of these tests. */
export const ROOT = '/home/ci/app';

export const testAt = (file: number): Test => jestTest(`${ROOT}/${file}.test.js`);

export function job(file: number, part: number | null = null, id = `${file}`): PlannedJob {
  return {id: part === null ? id : `${id}.${part}`, files: [file], part, expectedMs: null};
}

export function fileResult(file: number, told: readonly ToldEvent[], fields: Partial<FileResult> = {}): FileResult {
  return {file, told, sources: [], cut: null, record: null, at: 1, ms: 2, slot: 1, ...fields};
}

export function jobResult(...files: readonly FileResult[]): JobResult {
  return {machine: 'm1', files};
}

export const START: ToldEvent = {name: 'test-file-start', data: null};

/** The end of a file whose tests have passed. */
export function success(file: number, titles: readonly string[], fields: Partial<TestResult> = {}): ToldEvent {
  const testResults = titles.map(title => passedTest(title));
  const counts = {numPassingTests: titles.length, testFilePath: `${file}.test.js`};
  return {name: 'test-file-success', data: {...createEmptyTestResult(), ...counts, testResults, ...fields}};
}

export function failure(message: string): ToldEvent {
  return {name: 'test-file-failure', data: {message, stack: message, type: 'Error'}};
}

export const testEnd = (title: string): ToldEvent => ({name: 'test-case-result', data: passedTest(title)});
