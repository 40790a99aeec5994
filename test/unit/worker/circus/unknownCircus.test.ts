import {join} from 'node:path';
import type {Circus} from '@jest/types';
import {FollowedFile} from '../../../../src/worker/circus/followedFile';
import {SlicedFile} from '../../../../src/worker/circus/slicedFile';
import {canFollow, type CircusFile, type TestEnvironment} from '../../../../src/worker/circus/testFramework';
import type {Journal} from '../../../../src/worker/guard/journal';
import type {Phases} from '../../../../src/worker/guard/phases';
import {missingCapabilities} from '../../../../src/worker/jestProbes';
import type {FromWorker, SplitOrder} from '../../../../src/core/wire/workerMessages';
import {temporaryFolder} from '../../run/temporaryFolder';

const FIRST: SplitOrder = {granularity: 'tests', grouping: 'none', collected: null, resumes: null};
const REST: SplitOrder = {...FIRST, resumes: {listing: 'f00', leaveOut: []}};

/** What is told of a file; and what its environment hears of circus itself. */
class Surroundings {
  readonly written: string[] = [];
  readonly sent: FromWorker[] = [];
  readonly heard: string[] = [];
  readonly environment: TestEnvironment = {
    global: {},
    handleTestEvent: ({name}) => void this.heard.push(name),
  };
  readonly journal = {
    write: ({type}: {type: string}) => this.written.push(type),
    skip: () => this.written.push('skip'),
  } as unknown as Journal;
  readonly phases = {codeBegins: () => undefined, note: () => undefined} as unknown as Phases;

  sliced(order: SplitOrder): CircusFile {
    return new SlicedFile({
      unit: 0,
      order,
      journal: this.journal,
      phases: this.phases,
      send: message => this.sent.push(message),
      now: () => 0,
      listen: () => Promise.resolve(),
    });
  }

  /** What circus would do: it awaits what handlers return. */
  async run(file: CircusFile, events: readonly (readonly [name: string, state: object])[]): Promise<void> {
    file.attach(this.environment, {concurrentFileWide: false});
    for (const [name, state] of events) {
      await this.environment.handleTestEvent?.({name, runtimeGlobals: {}} as unknown as Circus.Event, state as never);
    }
  }
}

const UNKNOWN_STATE = {rootDescribeBlock: {type: 'describeBlock', children: new Map(), hooks: []}};
const KNOWN_STATE = {rootDescribeBlock: {type: 'describeBlock', children: [], hooks: []}, hasFocusedTests: false};

const eventsWith = (state: object) => [['setup', state] as const, ['run_start', state] as const];

test('a file that runs whole goes on without a journal', async () => {
  const around = new Surroundings();
  await around.run(new FollowedFile(around.journal, around.phases), eventsWith(UNKNOWN_STATE));
  expect(around.written).toEqual(['skip']);
  expect(around.heard).toEqual(['setup', 'run_start']);
  expect(missingCapabilities()).toContain('circusState');
});

test('a file that was to be shared runs whole', async () => {
  const around = new Surroundings();
  await around.run(around.sliced(FIRST), eventsWith(UNKNOWN_STATE));
  expect([around.written, around.sent]).toEqual([['skip'], []]);
  expect(around.heard).toEqual(['setup', 'run_start']);
});

test('so it does where the snapshots are not known', async () => {
  const around = new Surroundings();
  await around.run(around.sliced(FIRST), eventsWith(KNOWN_STATE));
  expect([around.written, around.sent]).toEqual([['skip'], []]);
  expect(missingCapabilities()).toContain('snapshotState');
});

test('the rest of a file cannot run whole', async () => {
  const around = new Surroundings();
  await expect(around.run(around.sliced(REST), eventsWith(UNKNOWN_STATE))).rejects.toThrow(
    'The private parts of this Jest differ',
  );
});

describe('a framework', () => {
  const frameworkOf = (name: string, text: string) =>
    join(temporaryFolder({'package.json': JSON.stringify({name, version: '31.0.0'}), 'runner.js': text}), 'runner.js');

  test('of another package is none of Jest to miss', () => {
    expect(canFollow(frameworkOf('jest-jasmine2', 'exports.run = () => {};'))).toBe(false);
    expect(missingCapabilities()).not.toContain('circusEntry');
  });

  test('that is circus, and no function, is left alone', () => {
    const path = frameworkOf('jest-circus', 'exports.run = () => {};');
    expect(canFollow(path)).toBe(false);
    expect(Object.keys(require(path) as object)).toEqual(['run']);
    expect(missingCapabilities()).toContain('circusEntry');
  });
});
