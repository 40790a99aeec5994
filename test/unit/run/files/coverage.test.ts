import {Session} from 'node:inspector';
import {join} from 'node:path';
import {runInNewContext, runInThisContext} from 'node:vm';
import type {V8CoverageResult} from '@jest/test-result';
import {
  mergeCoverage,
  mergeV8Coverage,
  type BcoeCoverage,
  type IstanbulCoverage,
} from '../../../../src/run/files/coverage';

type Coverage = Parameters<typeof mergeCoverage>[0][number];
interface Instrument {
  readonly createInstrumenter: (options: object) => {instrumentSync(source: string, path: string): string};
}

const SOURCE = `
  (function load(shared) {
    shared.sign = function sign(x = 0) { return x > 0 ? 'plus' : x < 0 ? 'minus' : 'zero' }
    shared.both = (a, b) => { if (a && b) { return 'both' } else { return 'not both' } }
    shared.never = () => 1
  })(shared)`;

interface Exported {
  readonly sign: (x?: number) => string;
  readonly both: (a: boolean, b: boolean) => string;
}
const first = ({sign, both}: Exported) => [sign(1), sign(1), both(true, true)];
const second = ({sign, both}: Exported) => [sign(-1), both(false, true), both(true, true)];

/** Of scripts that V8 has counted. */
let scripts = 0;

describe.each(['jest-29', 'jest-30'])('with the packages of %s', install => {
  const modules = join(__dirname, '../../../e2e/installs', install, 'node_modules');
  const istanbul = require(join(modules, 'istanbul-lib-coverage')) as IstanbulCoverage;
  const bcoe = require(join(modules, '@bcoe/v8-coverage')) as BcoeCoverage;

  describe('mergeCoverage', () => {
    const {createInstrumenter} = require(join(modules, 'istanbul-lib-instrument')) as Instrument;

    /** What a worker gets that runs some of the tests. */
    function covered(path: string, ...tests: ((exported: Exported) => unknown)[]): Coverage {
      const instrumented = createInstrumenter({coverageVariable: 'coverage'}).instrumentSync(SOURCE, path);
      const world = {shared: {} as Exported, coverage: {}};
      runInNewContext(instrumented, world);
      for (const run of tests) run(world.shared);
      return JSON.parse(JSON.stringify(world.coverage)) as Coverage;
    }

    test('adds up what the slices have run', () => {
      const whole = covered('/a.js', first, second);
      const merged = mergeCoverage([covered('/a.js', first), covered('/a.js', second)], istanbul);
      const loaded = covered('/a.js');
      const file = (coverage: Coverage) => coverage['/a.js'] as {s: Record<string, number>; f: object; b: object};
      // Each of them has loaded the file.
      const loadedTwice = Object.fromEntries(
        Object.entries(file(whole).s).map(([key, hits]) => [key, hits + file(loaded).s[key]!]),
      );
      expect(merged).toEqual({'/a.js': {...file(whole), s: loadedTwice, f: {...file(whole).f, 0: 2}}});
    });

    test('has the files of all slices', () => {
      expect(mergeCoverage([covered('/a.js', first), covered('/b.js', first)], istanbul)).toEqual({
        ...covered('/a.js', first),
        ...covered('/b.js', first),
      });
    });

    test('gives plain objects, which can be sent and merged again', () => {
      const merged = mergeCoverage([covered('/a.js', first), covered('/a.js', second)], istanbul);
      expect(structuredClone(merged)).toEqual(merged);
      expect(Object.getPrototypeOf(merged['/a.js'])).toBe(Object.getPrototypeOf(covered('/a.js')['/a.js']));
      expect(mergeCoverage([structuredClone(merged)], istanbul)).toEqual(merged);
    });
  });

  describe('mergeV8Coverage', () => {
    /** What V8 counts in a worker that runs some of the tests. */
    function covered(url: string, transformed: string | null, ...tests: ((exported: Exported) => unknown)[]) {
      const session = new Session();
      session.connect();
      session.post('Profiler.enable');
      session.post('Profiler.startPreciseCoverage', {callCount: true, detailed: true});
      // Other text each time: V8 would take what it has compiled, and counted, before.
      const load = runInThisContext(`(shared => {${SOURCE}}) // ${++scripts}`, {filename: url}) as (
        shared: object,
      ) => void;
      const shared = {} as Exported;
      load(shared);
      for (const run of tests) run(shared);
      let counted: {url: string}[] = [];
      session.post('Profiler.takePreciseCoverage', (_error, {result}) => (counted = result));
      session.post('Profiler.stopPreciseCoverage');
      session.disconnect();
      const code = transformed === null ? undefined : {code: transformed, originalCode: '', sourceMapPath: null};
      return counted
        .filter(script => script.url === url)
        .map(result => ({codeTransformResult: code, result})) as unknown as V8CoverageResult;
    }

    /** As CoverageReporter does with the results of all test files. */
    const report = (...files: V8CoverageResult[]) =>
      bcoe.mergeProcessCovs(structuredClone(files).map(file => ({result: file.map(({result}) => result)}))).result;
    const functions = (coverage: V8CoverageResult) => report(coverage).flatMap(script => script.functions);
    const counts = (coverage: V8CoverageResult) =>
      Object.fromEntries(functions(coverage).map(({functionName, ranges}) => [functionName, ranges[0]!.count]));
    const unused = (coverage: V8CoverageResult) =>
      functions(coverage).flatMap(({ranges}) => ranges.filter(({count}) => count === 0));

    test('adds up what the slices have run', () => {
      const merged = mergeV8Coverage([covered('file:///a.js', 't', first), covered('file:///a.js', 't', second)], bcoe);
      const whole = covered('file:///a.js', 't', first, second);
      expect(counts(merged)).toMatchObject({load: 2, sign: 3, 'shared.both': 3, 'shared.never': 0});
      expect(counts(whole)).toMatchObject({load: 1, sign: 3, 'shared.both': 3, 'shared.never': 0});
      expect(unused(merged)).toEqual(unused(whole));
      expect(unused(covered('file:///a.js', 't', first))).not.toEqual(unused(whole));
    });

    test('makes no difference for the report', () => {
      const [a, b, c] = [
        [...covered('file:///a.js', 't', first), ...covered('file:///b.js', 't', first)],
        [...covered('file:///b.js', 't', second), ...covered('file:///a.js', 't')],
        covered('file:///a.js', 't', first, second),
      ];
      const merged = mergeV8Coverage(structuredClone([a, b]), bcoe);
      expect(report(merged, c)).toEqual(report(a, b, c));
    });

    test('has each script once, with the first transformation that is known', () => {
      const merged = mergeV8Coverage(
        [
          [
            ...covered('file:///a.js', null, first),
            ...covered('file:///a.js', 'a', second),
            ...covered('file:///b.js', null),
          ],
          [...covered('file:///c.js', 'c1'), ...covered('file:///a.js', 'other')],
          covered('file:///c.js', 'c2'),
        ],
        bcoe,
      );
      expect(merged.map(({codeTransformResult, result}) => [result.url, codeTransformResult?.code])).toEqual([
        ['file:///a.js', 'a'],
        ['file:///b.js', undefined],
        ['file:///c.js', 'c1'],
      ]);
    });
  });
});
