/**
 * The coverage of one test file from the several workers that shared its tests, merged as Jest's
 * CoverageReporter merges that of several files, with the same packages. What is passed in is used up:
 * both change what they are given, and copies of it would be large.
 */
import type {V8CoverageResult} from '@jest/test-result';
import type {Coverage} from '../../core/results/sumResults';

/** What of istanbul-lib-coverage is used here. */
export interface IstanbulCoverage {
  createCoverageMap(data: Coverage): {
    merge(data: Coverage): void;
    files(): string[];
    fileCoverageFor(path: string): {toJSON(): Coverage[string]};
  };
}

type ScriptCoverage = V8CoverageResult[number]['result'];

/** What of @bcoe/v8-coverage is used here. */
export interface BcoeCoverage {
  mergeProcessCovs(all: readonly {readonly result: ScriptCoverage[]}[]): {readonly result: ScriptCoverage[]};
}

export function mergeCoverage(all: readonly Coverage[], istanbul: IstanbulCoverage): Coverage {
  const map = istanbul.createCoverageMap({});
  for (const coverage of all) map.merge(coverage);
  return Object.fromEntries(map.files().map(path => [path, map.fileCoverageFor(path).toJSON()]));
}

/** Each script once, with the first transformation that is known of it: the one that CoverageReporter takes. */
export function mergeV8Coverage(all: readonly V8CoverageResult[], bcoe: BcoeCoverage): V8CoverageResult {
  type Transformed = V8CoverageResult[number]['codeTransformResult'];
  const transformed = new Map<string, Transformed>();
  for (const {codeTransformResult, result} of all.flat()) {
    transformed.set(result.url, transformed.get(result.url) ?? codeTransformResult);
  }
  const {result: scripts} = bcoe.mergeProcessCovs(all.map(slice => ({result: slice.map(({result}) => result)})));
  return scripts.map(result => ({codeTransformResult: transformed.get(result.url), result}));
}
