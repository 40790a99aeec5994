import type {RecordingLine} from '../../../src/recording';
import {parseLine} from '../../../src/recording/parseLine';
import {RUN} from '../../recordedRuns';
import {planOf} from '../plans';

const PLAN = planOf([5]);
const units = PLAN.units.map(unit => ({...unit, file: {...unit.file, path: 'a.test.js'}}));

/** A line of each kind. */
const LINES: {readonly [T in RecordingLine['type']]: Extract<RecordingLine, {type: T}>} = {
  run: {...RUN, options: {slots: {value: 'auto', from: 'xdist.config.js'}}},
  files: {type: 'files', files: [{project: 0, path: 'a.test.js'}]},
  plan: {type: 'plan', at: 1, plan: {...PLAN, units}, files: [0], nodes: ['node 22'], fixtures: ['db.js']},
  shard: {
    type: 'shard',
    index: 2,
    count: 5,
    planHash: '0f3a',
    madeFrom: '8 durations of xdist-timings.json',
    files: 9,
    ofOtherRunners: 1,
    withoutRecording: [4],
  },
  cut: {type: 'cut', at: 1, file: 0, names: ['a', 'b'], own: [1], loadEntries: 0, unchecked: ['a 1']},
  event: {type: 'event', at: 1, event: {type: 'slot-up', slot: 1, generation: 1}},
  command: {type: 'command', at: 1, command: {type: 'give', slot: 1, generation: 1, units: [0]}},
  groups: {type: 'groups', at: 1, unit: 0, groups: [0, null, 1]},
  process: {type: 'process', at: 1, slot: 1, generation: 1, pid: 4711},
  ahead: {type: 'ahead', at: 1, slot: 1, pid: null, state: {type: 'leaves', why: 'the config changed'}},
  share: {
    type: 'share',
    at: 9,
    file: 0,
    unit: 0,
    slot: 1,
    node: null,
    tests: [{titles: ['a block', 'a test'], status: 'passed', ms: 3, at: 4}],
    profile: {
      ms: 8,
      environmentMs: 1,
      setupMs: 1,
      transformMs: 1,
      modulesMs: 1,
      testsMs: 3,
      hooksMs: 0,
      teardownMs: 0,
      cpuMs: 7,
      delayMs: 0,
      packages: [{name: 'lodash', ms: 1, modules: 640}],
      sources: [],
      modules: 641,
      memory: {heap: 1, rss: 2},
    },
  },
  elsewhere: {
    type: 'elsewhere',
    at: 9,
    machine: 'beta',
    file: 0,
    part: null,
    slot: 2,
    begunAt: -3,
    ms: 8,
    kept: false,
    tests: [{titles: ['a block', 'a test'], status: 'passed', ms: 3, at: -1}],
  },
  fleet: {
    type: 'fleet',
    at: 9,
    round: 2,
    machine: 'alpha',
    machines: [
      {name: 'alpha', workers: 2, jobs: 3},
      {name: 'alpha #2', workers: 4, jobs: 0},
    ],
    jobs: {all: 4, completed: 3, failed: 1, kept: 2},
  },
  file: {
    type: 'file',
    at: 9,
    file: 0,
    status: 'failed',
    tests: {passed: 0, failed: 1, pending: 0, todo: 0},
    error: null,
  },
  death: {
    type: 'death',
    at: 9,
    slot: 1,
    generation: 1,
    pid: null,
    death: {
      kind: 'hung',
      name: 'the test "a"',
      ms: 9,
      limitMs: 8,
      limitBy: '',
      began: true,
      place: {kind: 'stack', frames: [{functionName: 'loop', path: '/a.js', line: 1, column: 2}]},
    },
    stderr: 'the end',
  },
  warning: {type: 'warning', at: 9, text: 'a warning'},
  load: {type: 'load', at: 9, busy: 0.5, freeBytes: 1},
  told: {type: 'told', at: 9, name: 'test-case-result', file: 0, data: [{$xdist: ['undefined']}]},
  source: {type: 'source', id: 'abc', source: {}},
  end: {type: 'end', at: 9, verdict: 'failed', failedOutside: false},
};

const copy = (value: unknown) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>;

describe.each(Object.entries(LINES))('a line of the type "%s"', (_, line) => {
  test('is read as it was written', () => {
    expect(parseLine(copy(line))).toEqual(line);
  });

  test('without one of its fields, or with another type in it, is refused', () => {
    for (const field of Object.keys(line)) {
      if (field === 'type' || ['data', 'source'].includes(field)) continue;
      const {[field]: _left, ...rest} = copy(line);
      if (field !== 'fixtures') expect(() => parseLine(rest)).toThrow(`of a "${line.type}" line must be `);
      for (const other of [{toString: 1}, [[{}]], true, -0.5, 1e300, 'x\0']) {
        if (isLike((line as unknown as Record<string, unknown>)[field], other)) continue;
        expect(() => parseLine({...rest, [field]: other})).toThrow(`of a "${line.type}" line must be `);
      }
    }
  });

  test('has no field that the format does not have', () => {
    const more = {...copy(line), at: (line as {at?: number}).at, more: 1, ['__proto__']: {polluted: true}};
    const read = parseLine(more) as unknown as Record<string, unknown>;
    expect(read.more).toBeUndefined();
    expect(read.polluted).toBeUndefined();
  });
});

/** Whether a field of this value may be the other, as far as its type says. */
function isLike(value: unknown, other: unknown): boolean {
  const sort = (of: unknown) => (Array.isArray(of) ? 'list' : of === null ? 'null' : typeof of);
  if (value === null) return typeof other === 'string'; // an optional text
  if (sort(value) === 'object' && Object.keys(value as object).includes('slots')) return sort(other) === 'object';
  return sort(value) === sort(other) && (typeof other !== 'number' || other > 1e13 === false);
}

test.each([
  [null, 'it is not an object'],
  ['run', 'it is not an object'],
  [[], 'it has no "type"'],
  [{type: 1}, 'it has no "type"'],
])('%j is refused', (value, message) => {
  expect(() => parseLine(value)).toThrow(message);
});

test('a shard may name shards without a recording', () => {
  expect(parseLine({...LINES.shard, withoutRecording: [3]})).toHaveProperty('withoutRecording', [3]);
  expect(() => parseLine({...LINES.shard, withoutRecording: ['3']})).toThrow('"withoutRecording.0" of a "shard" line');
});

test.each(['later', '__proto__', 'constructor', ''])('a line of the unknown type %j is none of ours', type => {
  expect(parseLine({type})).toBeNull();
});

test('a path that leaves the repository is refused, wherever it is', () => {
  expect(() => parseLine({...RUN, rootDir: '../x'})).toThrow(
    '"rootDir" of a "run" line must be a path below the root of the repository',
  );
  expect(() => parseLine({...RUN, projects: [{id: 'c', name: null, rootDir: '/etc', fingerprint: 'c'}]})).toThrow(
    '"projects.0.rootDir" of a "run" line must be a path below the root of the repository',
  );
  expect(() => parseLine({type: 'files', files: [{project: 0, path: 'a/../../b'}]})).toThrow(
    '"files.0.path" of a "files" line must be a path below the root of the repository',
  );
});

test('the profile of a file must be one', () => {
  expect(() => parseLine({...LINES.share, profile: {ms: 1}})).toThrow(
    '"profile" of a "share" line must be the profile of a file',
  );
});

test('a profile of an older version does not say how long its process waited for a CPU', () => {
  const {delayMs: _, ...profile} = LINES.share.profile!;
  expect(parseLine({...LINES.share, profile})).toMatchObject({profile: {...profile, delayMs: null}});
});
