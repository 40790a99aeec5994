import type {Circus} from '@jest/types';
import {FailingFile} from '../../../../src/worker/circus/failingFile';
import {handleEvents, type CircusFile, type TestEnvironment} from '../../../../src/worker/circus/testFramework';
import {block, concurrent, file, test as entry} from '../circusTree';

const FAILURE = {message: 'no port', stack: 'Error: no port\n    at setup (/app/db.ts:1:1)'};

function withErrors<T extends Circus.TestEntry>(test: T): T {
  return Object.assign(test, {errors: [], fn: () => 'its body'});
}

/** A tree of tests, and an environment that a failing file is attached to. */
function attached(own: TestEnvironment['handleTestEvent'], followed: CircusFile | null = null) {
  const tests = {
    plain: withErrors(entry('plain')),
    inner: withErrors(entry('inner')),
    same: withErrors(concurrent('same')),
  };
  const inner = block('block', [tests.inner], {hooks: ['beforeAll', 'afterEach']});
  const state = file([tests.plain, inner, tests.same], {hooks: ['beforeEach', 'afterAll']}) as Circus.State;
  const environment: TestEnvironment = {global: {}, ...(own && {handleTestEvent: own})};
  new FailingFile(FAILURE, followed).attach(environment, {concurrentFileWide: false});
  const send = async (event: object) => environment.handleTestEvent?.(event as Circus.Event, state);
  return {tests, inner, state, send};
}

test('every test has the error, and no hook is left, when the file begins to run', async () => {
  const {tests, inner, state, send} = attached(undefined);
  await send({name: 'setup'});
  expect(tests.plain.errors).toEqual([]);
  await send({name: 'run_start'});
  for (const {errors} of Object.values(tests)) {
    expect(errors).toEqual([expect.objectContaining(FAILURE)]);
  }
  expect([state.rootDescribeBlock.hooks, inner.hooks]).toEqual([[], []]);
});

test('a concurrent test has no body that could begin before its error is looked at', async () => {
  const {tests, send} = attached(undefined);
  await send({name: 'run_start'});
  const bodies = [tests.same, tests.plain].map(({fn}) => (fn as () => unknown)());
  expect(bodies).toEqual([undefined, 'its body']);
});

test.each(['test_skip', 'test_todo'])('%s: a test that does not run has no error', async name => {
  const {tests, send} = attached(undefined);
  await send({name: 'run_start'});
  await send({name, test: tests.inner});
  expect(tests.inner.errors).toEqual([]);
  expect(tests.plain.errors).toHaveLength(1);
});

test("the environment's own handler and what else follows the file hear of everything, and come first", async () => {
  const heard: string[] = [];
  const followed: CircusFile = {
    attach: environment => {
      handleEvents(environment, (event, state, pass) => {
        heard.push(`${event.name} with ${state.rootDescribeBlock.hooks.length} hooks`);
        return pass();
      });
    },
    told: () => undefined,
  };
  const {send} = attached(event => void heard.push(`own ${event.name}`), followed);
  await send({name: 'run_start'});
  await send({name: 'run_finish'});
  expect(heard).toEqual(['run_start with 2 hooks', 'own run_start', 'run_finish with 0 hooks', 'own run_finish']);
});

test('what is told of its tests is passed on', () => {
  const told = jest.fn();
  new FailingFile(FAILURE, {attach: () => undefined, told}).told('test-case-result', 1);
  expect(told.mock.calls).toEqual([['test-case-result', 1]]);
});

test('in an environment that does not let itself be changed the file fails', () => {
  const environment = Object.freeze({global: {}, handleTestEvent: () => undefined});
  expect(() => new FailingFile(FAILURE, null).attach(environment, {concurrentFileWide: false})).toThrow('no port');
});
