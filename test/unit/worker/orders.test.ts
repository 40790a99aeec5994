import type {FromWorker, ToWorker, UnitOrder, WorkerSetup} from '../../../src/core/wire/workerMessages';
import {Orders} from '../../../src/worker/orders';

const unit = (id: number) => ({id}) as UnitOrder;
const give = (...ids: number[]): ToWorker => ({type: 'give', units: ids.map(unit)});
const RUN: ToWorker = {type: 'run', setup: {} as WorkerSetup, environment: {}};

function hearing() {
  const heard: unknown[] = [];
  const orders = new Orders({
    answer: (message: FromWorker) => heard.push(message),
    expectExit: () => heard.push('expects its exit'),
  });
  const file = {
    give: (groups: readonly number[], last: boolean) => heard.push({groups, last}),
    discard: () => heard.push('discarded'),
  };
  return {orders, heard, file};
}

test('units come in the order in which they were given; what is taken back does not come', async () => {
  const {orders, heard} = hearing();
  orders.hear(give(4, 7, 5));
  orders.hear({type: 'take-back', units: [7, 9]});
  expect(heard).toEqual([{type: 'units-returned', asked: [7, 9], units: [7]}]);
  expect([await orders.nextUnit(), await orders.nextUnit()]).toEqual([unit(4), unit(5)]);
});

describe('tests', () => {
  test('reach the file that is open', () => {
    const {orders, heard, file} = hearing();
    orders.opens(4, file);
    orders.hear({type: 'give-tests', unit: 4, groups: [1, 2], last: false});
    expect(heard).toEqual([{groups: [1, 2], last: false}]);
  });

  test('of a file that has ended, or of another, reach nobody', () => {
    const {orders, heard, file} = hearing();
    orders.opens(4, file);
    orders.hear({type: 'give-tests', unit: 5, groups: [1], last: true});
    orders.unitEnded();
    orders.hear({type: 'give-tests', unit: 4, groups: [1], last: true});
    orders.hear({type: 'discard', unit: 4});
    expect(heard).toEqual([]);
  });
});

test('a unit that is discarded before it begins is answered for, once', () => {
  const {orders, heard} = hearing();
  orders.hear(give(4));
  orders.hear({type: 'discard', unit: 4});
  orders.hear({type: 'discard', unit: 4});
  expect(heard).toMatchObject([{type: 'unit-done', unit: 4, outcome: {type: 'error'}}]);
});

test('a worker that is closed runs nothing more of the file that is open, and begins nothing', async () => {
  const {orders, heard, file} = hearing();
  orders.hear(give(5));
  orders.opens(4, file);
  orders.hear({type: 'close'});
  expect(heard).toEqual(['expects its exit', 'discarded']);
  expect(await orders.nextUnit()).toBe(null);
});

describe('a worker that was started ahead of its run', () => {
  test('hears when the run begins, and keeps what it is given until it is ready', async () => {
    const {orders} = hearing();
    orders.hear(RUN);
    orders.hear(give(5));
    expect([await orders.run, await orders.nextUnit()]).toEqual([RUN, unit(5)]);
  });

  test('waits no longer when it is closed', async () => {
    const {orders} = hearing();
    orders.hear({type: 'close'});
    orders.hear(RUN);
    expect([await orders.run, await orders.nextUnit()]).toEqual([null, null]);
  });
});
