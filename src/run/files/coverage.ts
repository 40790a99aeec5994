/**
 * Merges the coverage of a split file's slices in the same way, and with the same packages, as Jest's CoverageReporter
 * merges files. The packages change their arguments, and copies would be large, so the callers give their data up.
 */
import type {V8CoverageResult} from '@jest/test-result';
import type {Coverage} from '../../core/results/sumResults';

/** The part of istanbul-lib-coverage that we use. */
export interface IstanbulCoverage {
  createCoverageMap(data: Coverage): {
    merge(data: Coverage): void;
    files(): string[];
    fileCoverageFor(path: string): {toJSON(): Coverage[string]};
  };
}

type ScriptCoverage = V8CoverageResult[number]['result'];

/** The part of @bcoe/v8-coverage that we use. */
export interface BcoeCoverage {
  mergeProcessCovs(all: readonly {readonly result: ScriptCoverage[]}[]): {readonly result: ScriptCoverage[]};
}

export function mergeCoverage(all: readonly Coverage[], istanbul: IstanbulCoverage): Coverage {
  const map = istanbul.createCoverageMap({});
  for (const coverage of all) map.merge(coverage);
  return Object.fromEntries(map.files().map(path => [path, map.fileCoverageFor(path).toJSON()]));
}

/** Each script once, with its first known transformation, which is the one that CoverageReporter takes. */
export function mergeV8Coverage(all: readonly V8CoverageResult[], bcoe: BcoeCoverage): V8CoverageResult {
  type Transformed = V8CoverageResult[number]['codeTransformResult'];
  const transformed = new Map<string, Transformed>();
  for (const {codeTransformResult, result} of all.flat()) {
    transformed.set(result.url, transformed.get(result.url) ?? codeTransformResult);
  }
  const {result: scripts} = bcoe.mergeProcessCovs(all.map(slice => ({result: slice.map(({result}) => result)})));
  return scripts.map(result => ({codeTransformResult: transformed.get(result.url), result}));
}
