import {constraintsOf, resourcesOf} from '../../../../src/core/rules/constraints';
import {NO_RULES} from '../../../../src/core/rules/fileRules';

const nothing = {serial: false, workerGroup: null, resources: [], freshWorker: false, fixtures: []};

test('a file that asks for nothing but to be split, or for a time, has no constraints', () => {
  expect(constraintsOf({...NO_RULES, canSplit: 'each', hardTimeoutMs: 5}, [])).toBeNull();
});

test('each thing that a file asks for is a constraint', () => {
  expect(constraintsOf({...NO_RULES, serial: true}, [])).toEqual({...nothing, serial: true});
  expect(constraintsOf({...NO_RULES, workerGroup: 'db'}, [])).toEqual({...nothing, workerGroup: 'db'});
  expect(constraintsOf({...NO_RULES, restartWorker: true}, [])).toEqual({...nothing, freshWorker: true});
  expect(constraintsOf(NO_RULES, [0, 2])).toEqual({...nothing, fixtures: [0, 2]});
  const resources = [{name: 'gpu', amount: 2, place: '/a.js:1'}];
  expect(constraintsOf({...NO_RULES, resources}, [])).toEqual({...nothing, resources: [{name: 'gpu', amount: 2}]});
});

test('of the resources that are asked for there is what the option says, or 1', () => {
  const asking = (...names: string[]) =>
    constraintsOf({...NO_RULES, resources: names.map(name => ({name, amount: 1, place: ''}))}, []);
  const all = [asking('gpu', 'port'), null, asking('gpu', 'constructor')];
  expect(resourcesOf(all, {gpu: 4, disk: 2})).toEqual({gpu: 4, port: 1, constructor: 1});
});
