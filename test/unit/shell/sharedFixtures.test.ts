import type {Test, TestResult} from '@jest/test-result';
import type {UnitOutcome} from '../../../src/core/protocol';
import type {RunFixtures} from '../../../src/core/runFixtures';
import type {FixtureInstance, FixtureSetup} from '../../../src/shell/fixtureHost';
import {fixturesInBand} from '../../../src/shell/fixturesInBand';
import {SharedFixtures} from '../../../src/shell/sharedFixtures';
import {jestTest} from './jestTests';

const FOR_ALL = {slot: null, generation: null};
const W1 = {slot: 1, generation: 1};
const W2 = {slot: 2, generation: 4};

const [a, b, c] = ['/a.test.js', '/b.test.js', '/c.test.js'].map(path => jestTest(path)) as [Test, Test, Test];

/** 0: a network; 1: a database, which needs it; 2: a schema for each worker, which needs both. */
const RUN: RunFixtures = {
  fixtures: [
    {path: '/net.js', title: 'net.js', configId: 'c', scope: 'run', needs: {}},
    {path: '/db.js', title: 'db.js', configId: 'c', scope: 'run', needs: {'./net': 0}},
    {path: '/schema.js', title: 'schema.js', configId: 'c', scope: 'worker', needs: {'./db': 1}},
  ],
  declaredBy: test => (test === a ? [{id: 1, names: ['./db']}] : test === b ? [{id: 2, names: ['./schema']}] : []),
  neededBy: test => (test === a ? [0, 1] : test === b ? [0, 1, 2] : []),
};

const passed = (): UnitOutcome => ({type: 'result', result: {failureMessage: null} as unknown as TestResult});

class FakeHost {
  readonly log: string[] = [];
  readonly instances: FixtureInstance[] = [];
  failing: Readonly<Record<string, string>> = {};
  closing: readonly string[] = [];
  settingUp: string[] = [];

  setUp(instance: FixtureInstance): Promise<FixtureSetup> {
    this.instances.push(instance);
    this.log.push(`up ${instance.key}`);
    const message = this.failing[`up ${instance.key}`];
    return Promise.resolve(
      message === undefined ? {json: JSON.stringify(instance.key)} : {failure: {message, stack: 'its stack'}},
    );
  }

  tearDown(key: string) {
    this.log.push(`down ${key}`);
    const message = this.failing[`down ${key}`];
    return Promise.resolve(message === undefined ? null : {message, stack: 'its stack'});
  }

  close() {
    this.log.push('close');
    return Promise.resolve(this.closing.map(message => ({message, stack: ''})));
  }
}

function make(failing: Readonly<Record<string, string>> = {}) {
  const host = new FakeHost();
  host.failing = failing;
  const warnings: string[] = [];
  const shared = new SharedFixtures({
    fixtures: RUN,
    tests: [a, b, c],
    host,
    format: ({message}, {path}) => `${path}: ${message}`,
    warn: text => warnings.push(text),
  });
  return {host, shared, warnings};
}

test('a fixture is set up with what it needs, by the names that it has for that', async () => {
  const {host, shared} = make();
  expect(await shared.setUp(0, FOR_ALL)).toBe(true);
  expect(await shared.setUp(1, FOR_ALL)).toBe(true);
  expect(await shared.setUp(2, W2)).toBe(true);
  expect(host.instances.map(({key, worker, needs}) => ({key, worker, needs}))).toEqual([
    {key: '0', worker: null, needs: {}},
    {key: '1', worker: null, needs: {'./net': '0'}},
    {key: '2 of w2.4', worker: 2, needs: {'./db': '1'}},
  ]);
});

test('a file finds what it declares, of its own worker, and not what that needs', async () => {
  const {shared} = make();
  for (const id of [0, 1]) await shared.setUp(id, FOR_ALL);
  await shared.setUp(2, W1);
  await shared.setUp(2, W2);
  expect(shared.valuesFor(a, W1)).toEqual({declared: [{names: ['./db'], json: '"1"'}], failure: null});
  expect(shared.valuesFor(b, W2)).toEqual({declared: [{names: ['./schema'], json: '"2 of w2.4"'}], failure: null});
  expect(shared.valuesFor(c, W1)).toBeNull();
});

test('a file that needs, however far away, what has failed gets that failure', async () => {
  const {shared} = make({'up 0': 'no network'});
  expect(await shared.setUp(0, FOR_ALL)).toBe(false);
  const failure = {message: 'no network', stack: 'its stack'};
  expect(shared.valuesFor(a, W1)).toEqual({declared: [], failure});
  expect(shared.valuesFor(b, W1)).toEqual({declared: [], failure});
});

describe('the end of a file', () => {
  test('that others need its fixtures after is no matter of these', async () => {
    const {shared} = make();
    for (const id of [0, 1]) await shared.setUp(id, FOR_ALL);
    const outcome = passed();
    expect(shared.ended(a, outcome)).toBe(outcome);
    expect(shared.ended(c, outcome)).toBe(outcome);
  });

  test('which needed them last is told when they are down, with what went wrong then', async () => {
    const {shared} = make({'down 1': 'still in use'});
    for (const id of [0, 1]) await shared.setUp(id, FOR_ALL);
    void shared.ended(a, passed());
    const ended = shared.ended(b, passed());
    await shared.takeDown(1, FOR_ALL);
    await shared.takeDown(0, FOR_ALL);
    expect(await ended).toEqual({
      type: 'result',
      result: {
        testExecError: {message: 'still in use', stack: 'its stack'},
        failureMessage: '/b.test.js: still in use',
      },
    });
    expect(await shared.close()).toEqual([]);
  });

  test('keeps what was wrong with it already', async () => {
    const {shared} = make({'down 1': 'still in use'});
    await shared.setUp(1, FOR_ALL);
    void shared.ended(a, passed());
    const failed = {type: 'result', result: {failureMessage: 'a test', testExecError: {message: 'x', stack: ''}}};
    const ended = shared.ended(b, failed as unknown as UnitOutcome);
    await shared.takeDown(1, FOR_ALL);
    expect(await ended).toEqual({
      type: 'result',
      result: {failureMessage: 'a test\n/b.test.js: still in use', testExecError: {message: 'x', stack: ''}},
    });
  });

  test('waits for nothing that was never up', async () => {
    const {shared} = make({'up 1': 'no disk'});
    await shared.setUp(1, FOR_ALL);
    const outcome = passed();
    void shared.ended(a, outcome);
    expect(await shared.ended(b, outcome)).toEqual(outcome);
  });

  test('waits no longer than the run does', async () => {
    const {shared} = make();
    await shared.setUp(1, FOR_ALL);
    void shared.ended(a, passed());
    const ended = shared.ended(b, passed());
    await shared.close(); // the run was stopped: nobody takes it down by itself
    expect(await ended).toEqual(passed());
  });
});

test('what goes wrong when no file is left to tell of it is told at the end', async () => {
  const {host, shared} = make({'down 2 of w1.1': 'locked'});
  host.closing = ['the host is gone'];
  await shared.setUp(2, W1);
  await shared.takeDown(2, W1);
  expect((await shared.close()).map(({message}) => message)).toEqual(['locked', 'the host is gone']);
});

test('a file that begins after a fixture has died fails with that; of a worker, in that worker', async () => {
  const {shared} = make();
  for (const id of [0, 1]) await shared.setUp(id, FOR_ALL);
  for (const holder of [W1, W2]) await shared.setUp(2, holder);
  const death = {message: 'it is gone', stack: ''};
  shared.noteDeath('2 of w1.1', death);
  expect(shared.valuesFor(b, W1)).toEqual({declared: [], failure: death});
  expect(shared.valuesFor(b, W2)?.failure).toBeNull();
  shared.noteDeath('1', death);
  expect(shared.valuesFor(a, W2)).toEqual({declared: [], failure: death});
});

test('a run that ends in the midst of a setup says what it waits for', async () => {
  const {host, shared, warnings} = make();
  host.settingUp = ['db.js'];
  await shared.close();
  expect(warnings).toEqual([expect.stringContaining('waits for the setup of db.js')]);
});

describe('in band', () => {
  test('each is set up as its first file begins, and taken down when its last has ended, in reverse order', async () => {
    const {host, shared} = make();
    const inBand = fixturesInBand(shared, RUN);
    expect(inBand.setUpFor(c)).toBeNull();
    expect(await inBand.setUpFor(a)?.()).toEqual({declared: [{names: ['./db'], json: '"1"'}], failure: null});
    expect(await inBand.ended(a, passed())).toEqual(passed());
    host.log.push('a has ended');
    expect(await inBand.setUpFor(b)?.()).toEqual({
      declared: [{names: ['./schema'], json: '"2 of w1.1"'}],
      failure: null,
    });
    expect(await inBand.ended(b, passed())).toEqual(passed());
    expect(host.log).toEqual(['up 0', 'up 1', 'a has ended', 'up 2 of w1.1', 'down 2 of w1.1', 'down 1', 'down 0']);
  });

  test('what has failed is not tried again, nor what needs it', async () => {
    const {host, shared} = make({'up 0': 'no network'});
    const inBand = fixturesInBand(shared, RUN);
    expect((await inBand.setUpFor(a)?.())?.failure?.message).toBe('no network');
    expect((await inBand.setUpFor(b)?.())?.failure?.message).toBe('no network');
    expect(host.log).toEqual(['up 0']);
  });
});
