import type {Test} from '@jest/test-result';
import {PlannedTests} from '../../../src/run/plannedTests';
import {planOf} from '../plans';

const test_ = (id: string, path: string) => ({path, context: {config: {id}}}) as unknown as Test;

test('a unit is the test of its path in its project', () => {
  const [one, other] = [test_('c', '/0.test.js'), test_('other', '/0.test.js')];
  const {units} = planOf([null, null]);
  const planned = new PlannedTests(
    {units: units.map((unit, id) => ({...unit, file: {configId: id === 0 ? 'c' : 'other', path: '/0.test.js'}}))},
    [other, one],
    [],
  );
  expect([planned.of(0) === one, planned.of(1) === other]).toEqual([true, true]);
});

test('a unit has the name of its node, if it is for one', () => {
  const {units} = planOf([null, null]);
  const planned = new PlannedTests(
    {units: units.map((unit, id) => ({...unit, node: id === 0 ? 1 : null}))},
    [],
    [{name: 'old'}, {name: 'new'}],
  );
  expect([planned.nodeNameOf(0), planned.nodeNameOf(1)]).toEqual(['new', null]);
});
