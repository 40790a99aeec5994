import type {Circus} from '@jest/types';
import {collect} from '../../../src/worker/collection';
import {Phases} from '../../../src/worker/phases';
import {file, test as entry} from './circusTree';

test('a test whose function circus does not call, as a hook has failed, is over with the test', () => {
  const [first, second] = [entry('first'), entry('second')];
  const state = file([first, second]);
  const collection = collect(state, {granularity: 'tests', grouping: 'none', concurrentFileWide: false});
  const begun: string[] = [];
  const phases = new Phases({begin: ({name}) => begun.push(name), idle: () => undefined}, {slowMs: 0, hardMs: 0});
  const note = (name: string, test: Circus.TestEntry) =>
    phases.note({name, test} as Circus.Event, {testTimeout: 5000} as Circus.State, collection);
  phases.fileBegins('a.test.ts', null);
  note('test_fn_start', first);
  note('test_done', first);
  note('test_fn_start', second);
  note('test_fn_success', second);
  note('test_done', second);
  expect(begun.map(name => name.replace('a.test.ts › ', ''))).toEqual([
    '(while it is loaded)',
    'first',
    '(between its tests)',
    'second',
    '(between its tests)',
  ]);
});
