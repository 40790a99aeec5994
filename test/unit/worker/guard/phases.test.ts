import type {Circus} from '@jest/types';
import {collect} from '../../../../src/worker/circus/collection';
import type {Phase} from '../../../../src/worker/guard/phaseMemory';
import {Phases} from '../../../../src/worker/guard/phases';
import {file, test as entry} from '../circusTree';

test('every moment has a name and a limit, but a wait for the parent, of which only the event loop has one', () => {
  const told: Phase[] = [];
  const phases = new Phases({begin: phase => told.push(phase), idle: () => undefined}, {slowMs: 0, hardMs: 3000});
  phases.workerStarts();
  phases.waitsForFile();
  phases.tellsBegin('a.test.ts');
  phases.fileBegins('a.test.ts', null, true);
  phases.codeBegins();
  phases.waits();
  phases.goesOn();
  phases.tellsEnd();
  expect(told.map(({name, hardMs, stuckMs, began}) => [name, hardMs, stuckMs, began])).toEqual([
    ['(while the worker starts)', 60_000, null, false],
    ['(between two files)', null, 3000, false],
    ['a.test.ts › (before it is loaded)', 60_000, 3000, false],
    ['a.test.ts › (while its environment is set up)', 3000, null, false],
    ['a.test.ts › (while it is loaded)', 3000, null, true],
    ['a.test.ts › (between its tests)', null, 3000, true],
    ['a.test.ts › (while it is loaded)', 3000, null, true],
    ['a.test.ts › (when it had ended)', 60_000, 3000, true],
  ]);
});

test('the watchdog is told what each limit comes from', () => {
  const told: Phase[] = [];
  const phases = new Phases({begin: phase => told.push(phase), idle: () => undefined}, {slowMs: 0, hardMs: 5000});
  const [slow, quick] = [entry('slow'), entry('quick')];
  const state = file([slow, quick]);
  const collection = collect(state, {granularity: 'tests', grouping: 'none', concurrentFileWide: false});
  const begins = (test: Circus.TestEntry, testTimeout: number) => {
    phases.note({name: 'test_fn_start', test}, {testTimeout} as Circus.State, collection);
    phases.note({name: 'test_fn_success', test}, {testTimeout} as Circus.State, collection);
    return told.at(-2);
  };
  phases.workerStarts();
  expect(told.at(-1)).toMatchObject({hardMs: 60_000, limitBy: null, optionMs: 5000});
  phases.fileBegins('a.test.ts', null, false);
  expect(told.at(-1)).toMatchObject({hardMs: 5000, limitBy: 'option', optionMs: 5000});
  expect(begins(slow, 5000)).toMatchObject({hardMs: 7500, limitBy: 'timeout', optionMs: 5000});
  expect(begins(quick, 100)).toMatchObject({hardMs: 5000, limitBy: 'option'});
  phases.fileBegins('b.test.ts', 1000, false);
  expect(begins(slow, 5000)).toMatchObject({hardMs: 1000, limitBy: 'file'});
  phases.waits();
  expect(told.at(-1)).toMatchObject({stuckMs: 1000, limitBy: 'file'});
});

test('without a limit no moment has one', () => {
  const limits: (number | null)[] = [];
  const note = ({hardMs, stuckMs}: Phase) => void limits.push(hardMs, stuckMs);
  const phases = new Phases({begin: note, idle: () => undefined}, {slowMs: 0, hardMs: 0});
  phases.workerStarts();
  phases.waitsForFile();
  phases.tellsBegin('a.test.ts');
  phases.fileBegins('a.test.ts', null, true);
  phases.codeBegins();
  phases.waits();
  phases.tellsEnd();
  expect(new Set(limits)).toEqual(new Set([null]));
});

test('a test whose function circus does not call, as a hook has failed, is over with the test', () => {
  const [first, second] = [entry('first'), entry('second')];
  const state = file([first, second]);
  const collection = collect(state, {granularity: 'tests', grouping: 'none', concurrentFileWide: false});
  const begun: string[] = [];
  const phases = new Phases({begin: ({name}) => begun.push(name), idle: () => undefined}, {slowMs: 0, hardMs: 0});
  const note = (name: string, test: Circus.TestEntry) =>
    phases.note({name, test} as Circus.Event, {testTimeout: 5000} as Circus.State, collection);
  phases.fileBegins('a.test.ts', null, false);
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
