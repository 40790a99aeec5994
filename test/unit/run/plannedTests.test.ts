import {PlannedTests} from '../../../src/run/plannedTests';
import {planOf} from '../plans';
import {jestTest} from './jestTests';

test('a unit is its test, also if several tests stand for one file', () => {
  const [one, other] = [jestTest('/0.test.js'), jestTest('/0.test.js')];
  const planned = new PlannedTests({plan: planOf([null, null]), tests: [other, one]}, []);
  expect([planned.of(0) === other, planned.of(1) === one]).toEqual([true, true]);
});

test('a unit has the name of its node, if it is for one', () => {
  const units = planOf([null, null]).units.map((unit, id) => ({...unit, node: id === 0 ? 1 : null}));
  const planned = new PlannedTests({plan: {units}, tests: []}, [{name: 'old'}, {name: 'new'}]);
  expect([planned.nodeNameOf(0), planned.nodeNameOf(1)]).toEqual(['new', null]);
});
