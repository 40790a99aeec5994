import type {Constraints} from '../../../src/core/plan/constraints';
import type {RecordingLine} from '../../../src/recording/lines';
import {testsOf} from '../../../src/report/fileTests';
import {reportModel} from '../../../src/report/reportModel';
import {fleetRun, HOSTILE, reportRun} from '../../reportRuns';

const RUN = {files: 12, testsPerFile: 3, slots: 3};

it('has a lane for each worker, in which its times follow each other', () => {
  const {lanes, run, files} = reportModel(reportRun(RUN));
  expect(lanes.map(({name}) => name)).toEqual(['w1', 'w2', 'w3']);
  for (const {spans, busyMs, startingMs, idle} of lanes) {
    for (const [index, span] of spans.entries()) expect(span.from).toBe(spans[index - 1]?.to ?? span.from);
    const all = busyMs + startingMs + idle.reduce((sum, [, ms]) => sum + ms, 0);
    expect(all).toBeCloseTo((spans.at(-1)?.to ?? 0) - (spans[0]?.from ?? 0));
  }
  const sessions = lanes.flatMap(({spans}) => spans.filter(({type}) => type === 'file'));
  expect(sessions).toHaveLength(12);
  expect(run).toMatchObject({verdict: 'passed', files: {passed: 12}, tests: {passed: 36}});
  expect(files.every(({ms, tests, profile}) => ms > 0 && tests.length === 3 && profile !== null)).toBe(true);
});

it('puts the phases of a session within it', () => {
  for (const span of reportModel(reportRun(RUN)).lanes.flatMap(({spans}) => spans)) {
    if (span.type !== 'file' || span.phases === null) continue;
    const {process, environment, setup, modules, tests} = span.phases;
    const moments = [span.from, process, environment, setup, modules, tests, span.to];
    expect([...moments].sort((a, b) => a - b)).toEqual(moments);
  }
});

it('does without profiles', () => {
  const model = reportModel(reportRun({...RUN, profiles: null}));
  expect(model.files.every(({ms, profile}) => ms > 0 && profile === null)).toBe(true);
  expect(model.lanes.every(({memory}) => memory.length === 0)).toBe(true);
  expect(model.packages).toEqual([]);
});

it('marks a death, and the process that replaces it', () => {
  const {deaths, lanes} = reportModel(reportRun({...RUN, deadly: 4}));
  expect(deaths).toHaveLength(1);
  const [death] = deaths;
  expect(death).toMatchObject({file: 4, how: 'it was killed by signal SIGKILL'});
  expect(death?.evidence.join('\n')).toContain('the last words');
  expect(lanes[death?.lane ?? -1]?.replacements).toHaveLength(1);
});

it('says which files decide the floor', () => {
  const {floor, files} = reportModel(reportRun(RUN));
  expect(floor).toMatchObject({slots: 3});
  expect(floor?.ms).toBeLessThanOrEqual(floor?.reachedMs ?? 0);
  const [[first = -1] = []] = floor?.files ?? [];
  expect(files[first]?.ms).toBe(Math.max(...files.map(({ms}) => ms)));
});

describe('files that wait', () => {
  const WAITING = [1, 2, 3, 4, 5, 6, 7, 8];
  const waiting = (needs: Partial<Constraints>, fixtureMs?: number) => {
    const constraints = new Map(WAITING.map(unit => [unit, needs] as const));
    return reportRun({...RUN, constraints, ...(fixtureMs !== undefined && {fixtureMs})});
  };

  it('are the only ones that decide the floor', () => {
    const {floor} = reportModel(waiting({workerGroup: 'db'}));
    expect(floor?.because).toBe('the worker group db takes that long');
    expect(floor?.files.map(([file]) => file).sort()).toEqual(WAITING);
  });

  it('decide the floor with their fixture, which has the name of its module', () => {
    const {lines, ...rest} = waiting({fixtures: [0]}, 5000);
    const named = lines.map(line => (line.type === 'plan' ? {...line, fixtures: ['test/db\u001b.ts']} : line));
    const {floor, fixtures} = reportModel({...rest, lines: named});
    expect(fixtures).toMatchObject([{name: 'test/db\\x1b.ts', lane: null, failed: false}]);
    expect(floor?.because).toBe('the shared fixture test/db\\x1b.ts and the files that need it take that long');
    expect(floor?.ms).toBeLessThanOrEqual(floor?.reachedMs ?? 0);
    expect(floor?.files.map(([file]) => file).sort()).toEqual(WAITING);
    expect(reportModel({...rest, lines}).fixtures[0]?.name).toBe('fixture 1');
  });
});

it('adds up the parts of all files, and what is left is Jest itself', () => {
  const {parts, files} = reportModel(reportRun(RUN));
  expect(parts.map(([name]) => name)).toContain('Jest itself');
  for (const {profile, ms} of files) {
    expect(profile?.parts.reduce((sum, [, part]) => sum + part, 0)).toBeCloseTo(ms);
  }
});

it('lists slow source files below the folder of the run', () => {
  const {lines, ...rest} = reportRun(RUN);
  const sources = [{name: 'app/src/models.js', ms: 30, modules: 1}];
  const slow = lines.map(line =>
    line.type === 'share' && line.profile !== null ? {...line, profile: {...line.profile, sources}} : line,
  );
  const model = reportModel({...rest, run: {...rest.run, rootDir: 'app'}, lines: slow});
  expect(model.sources).toEqual([{name: 'src/models.js', ms: 360, files: 12, modules: 12}]);
  expect(model.files[0]?.profile?.sources).toEqual([['src/models.js', 30, 1]]);
});

it('holds no text that a terminal or a page would act upon', () => {
  const model = reportModel(reportRun({...RUN, titles: HOSTILE}));
  expect(JSON.stringify(model)).not.toMatch(/[\u202a-\u202e\u2028]|\\u001b|\\u0000/);
  expect(model.failures.map(({titles}) => titles[1])).toContain('right \\u202eto left\\u202c');
});

it('takes the texts of failures from a reporter', () => {
  const evidence = {of: (path: string, titles: readonly string[]) => [`${path}: \u001b[31m${titles.join()}\u001b[0m`]};
  const {failures} = reportModel(reportRun({...RUN, titles: ['one']}), evidence);
  expect(failures).toEqual([
    {file: 0, titles: ['a part of the product', 'one'], evidence: ['t0.test.js: a part of the product,one']},
  ]);
});

it('shows a run in band as one lane', () => {
  const {run, lines, ...rest} = reportRun(RUN);
  const inBand = lines.flatMap((line): RecordingLine[] => {
    if (line.type === 'share') return [{...line, slot: null, unit: null}];
    return ['plan', 'event', 'command'].includes(line.type) ? [] : [line];
  });
  const model = reportModel({...rest, run: {...run, inBand: 'one file'}, lines: inBand});
  expect(model.lanes.map(({name}) => name)).toEqual(['in band']);
  expect(model.lanes[0]?.spans).toHaveLength(12);
  expect(model).toMatchObject({floor: null, run: {inBand: 'one file'}});
});

it('counts a test once: the worker that ran it says how it ended', () => {
  const share = (slot: number, statuses: readonly ('passed' | 'pending')[]) => ({
    lane: slot,
    node: null,
    tests: statuses.map(status => ({titles: ['same'], status, ms: status === 'passed' ? slot : null, at: null})),
  });
  const tests = testsOf([share(1, ['passed', 'pending']), share(2, ['pending', 'passed'])]);
  expect(tests).toEqual([
    [['same'], 'passed', 1, null, 1],
    [['same'], 'passed', 2, null, 2],
  ]);
});

describe('in a fleet', () => {
  const model = reportModel(fleetRun());

  it('has the lanes of all machines, those of this one first', () => {
    expect(model.lanes.map(({name, machine, isElsewhere}) => [name, machine, isElsewhere])).toEqual([
      ['beta w1', 'beta', false],
      ['beta w2', 'beta', false],
      ['alpha w1', 'alpha', true],
      ['alpha w2', 'alpha', true],
      ['gamma w1', 'gamma', true],
      ['gamma w2', 'gamma', true],
    ]);
    for (const {spans} of model.lanes) {
      for (const [index, span] of spans.entries())
        expect(span.from).toBeGreaterThanOrEqual(spans[index - 1]?.to ?? -Infinity);
    }
    expect(model.run.from).toBe(-400);
    expect(model.run.fleet).toMatchObject({machine: 'beta', round: 1});
  });

  it('lists the files and the tests of all machines, and those that failed', () => {
    expect(model.files.every(({ms, status, tests}) => ms > 0 && status !== 'not-run' && tests.length === 2)).toBe(true);
    const lanes = model.files.flatMap(({tests}) => tests.map(([, , , , lane]) => lane));
    expect(new Set(lanes)).toEqual(new Set([0, 1, 2, 3, 4, 5]));
    expect(model.failures.map(({titles}) => titles)).toEqual([['elsewhere', 'fails']]);
  });

  it('has no lower bound: its files came one by one', () => {
    expect(model.floor).toBeNull();
  });

  it('leaves out the lanes of a very large fleet, and says so', () => {
    const {lines, ...rest} = fleetRun();
    const first = lines.find(line => line.type === 'elsewhere')!;
    const others = Array.from({length: 700}, (_, nth) => ({...first, machine: `m${nth}`}));
    const {lanes, run} = reportModel({...rest, lines: [...lines, ...others]});
    expect(lanes).toHaveLength(602);
    expect(run.problems).toEqual(['The timeline leaves out 104 workers of other machines.']);
  });
});
