import {
  createController,
  judge,
  mainRefusal,
  type Fleet,
  type LoadSample,
  type SlotController,
} from '../../../../src/core/schedule/slotController';

const MB = 1024 * 1024;
const GROWTH = {from: 2, cores: 2, reserveBytes: 1000 * MB, limitIsGiven: false};
const FLEET: Fleet = {live: 2, settledMs: 10_000, further: 100, worthwhile: 100};

const controller = (fields: Partial<typeof GROWTH> = {}, limit = 8) => createController({...GROWTH, ...fields}, limit);

const sample = (idleCores: number, fields: Partial<LoadSample> = {}): LoadSample => ({
  idleCores,
  ms: 50,
  availableBytes: 10_000 * MB,
  workerBytes: 100 * MB,
  ...fields,
});

/** What is allowed after so many samples of that. */
function allowedAfter(
  of: SlotController,
  count: number,
  idleCores: number,
  fleet: Partial<Fleet> = {},
  fields: Partial<LoadSample> = {},
): number {
  for (let index = 0; index < count; index++) judge(of, sample(idleCores, fields), {...FLEET, ...fleet});
  return of.allowed;
}

/** One that has grown to 8 workers, which then have nothing but work. */
function grown(): SlotController {
  const made = controller();
  expect(allowedAfter(made, 2, 2)).toBe(8);
  return made;
}

test('it begins with as many as were asked for, or as there may be', () => {
  expect(controller().allowed).toBe(2);
  expect(controller({}, 1).allowed).toBe(1);
});

describe('growth', () => {
  test('the more is idle, the sooner', () => {
    expect(allowedAfter(controller(), 1, 2)).toBe(2);
    expect(allowedAfter(controller(), 2, 2)).toBe(8);
    expect(allowedAfter(controller(), 3, 1.2)).toBe(2);
    expect(allowedAfter(controller(), 4, 1.2)).toBe(4);
  });

  test('to where a tenth of the cores would be left idle, if further workers use as much as these', () => {
    expect(allowedAfter(controller(), 9, 1)).toBe(3); // half a core each: one more leaves half of one
    expect(allowedAfter(controller(), 9, 0.7)).toBe(2); // 0.65 each
    expect(allowedAfter(controller({cores: 16}, 64), 9, 14)).toBe(14); // one each
  });

  test.each<[string, Partial<Fleet>, Partial<LoadSample>, number]>([
    ['than the queue could feed', {further: 3}, {}, 5],
    ['than is worth its start', {worthwhile: 1}, {}, 3],
    ['than memory has room for', {}, {availableBytes: 1400 * MB}, 5],
    ['than memory has room for, by the largest worker', {}, {availableBytes: 1400 * MB, workerBytes: 390 * MB}, 3],
    ['than the limit', {live: 7}, {}, 8],
  ])('to no more %s', (_, fleet, fields, most) => {
    expect(allowedAfter(controller(), 9, 2, fleet, fields)).toBe(most);
  });

  test('also where memory is unknown', () => {
    expect(allowedAfter(controller(), 2, 2, {}, {availableBytes: null, workerBytes: null})).toBe(8);
  });

  test('is not decided on while a worker starts, nor on a sample from then', () => {
    const made = controller();
    expect(allowedAfter(made, 20, 2, {settledMs: null})).toBe(2);
    expect(allowedAfter(made, 1, 2, {settledMs: 40})).toBe(2);
    expect(allowedAfter(made, 1, 2, {settledMs: 90})).toBe(2);
    expect(allowedAfter(made, 1, 2, {settledMs: 140})).toBe(8);
  });

  test('what was measured before a start is forgotten', () => {
    const made = controller();
    allowedAfter(made, 1, 2);
    allowedAfter(made, 1, 0, {settledMs: null});
    expect(allowedAfter(made, 1, 2)).toBe(2);
  });
});

describe('too many workers', () => {
  test('are half of those that were added when nothing was idle for a second', () => {
    const made = grown();
    expect(allowedAfter(made, 19, 0, {live: 8})).toBe(8);
    expect(allowedAfter(made, 1, 0, {live: 8})).toBe(5);
    expect(allowedAfter(made, 20, 0, {live: 5})).toBe(3);
    expect(allowedAfter(made, 40, 0, {live: 3})).toBe(2);
    expect(allowedAfter(made, 100, 0)).toBe(2);
  });

  test('are fewer than those that were not, where some are not there', () => {
    expect(allowedAfter(grown(), 20, 0, {live: 4})).toBe(3);
  });

  test('are not there while a little is idle', () => {
    expect(allowedAfter(grown(), 200, 0.1, {live: 8})).toBe(8);
  });

  test('are not there again soon, and later each time', () => {
    const made = grown();
    allowedAfter(made, 20, 0, {live: 8});
    expect(allowedAfter(made, 19, 2, {live: 5})).toBe(5);
    expect(allowedAfter(made, 2, 2, {live: 5})).toBe(8);
    allowedAfter(made, 20, 0, {live: 8});
    expect(allowedAfter(made, 39, 2, {live: 5})).toBe(5);
    expect(allowedAfter(made, 2, 2, {live: 5})).toBe(8);
  });

  test('are not there again before half of the machine is idle', () => {
    const made = grown();
    allowedAfter(made, 20, 0, {live: 8});
    expect(allowedAfter(made, 60, 0.9, {live: 5})).toBe(7);
  });
});

describe('memory that others need', () => {
  test('has as many workers go as it takes', () => {
    const made = grown();
    expect(allowedAfter(made, 1, 1, {live: 8}, {availableBytes: 600 * MB})).toBe(8);
    expect(allowedAfter(made, 1, 1, {live: 8}, {availableBytes: 490 * MB, workerBytes: 200 * MB})).toBe(5);
  });

  test('is waited for before more go', () => {
    const made = grown();
    const short = {availableBytes: 450 * MB, workerBytes: 200 * MB};
    expect(allowedAfter(made, 10, 1, {live: 8}, short)).toBe(5);
    expect(allowedAfter(made, 12, 1, {live: 5}, short)).toBe(2);
  });

  test('takes none of those that the run began with', () => {
    const made = controller();
    expect(allowedAfter(made, 9, 0, {}, {availableBytes: 1})).toBe(2);
    expect(made.changes).toEqual([]);
  });
});

describe('why there are no more', () => {
  const why = (idleCores: number, fleet: Partial<Fleet> = {}, fields: Partial<LoadSample> = {}) => {
    const made = controller();
    allowedAfter(made, 40, idleCores, fleet, fields);
    return mainRefusal(made);
  };

  test('is what kept it from growing for longest', () => {
    expect(why(0)).toBe('busy');
    expect(why(0.1, {further: 0})).toBe('no-files');
    expect(why(0.7)).toBe('busy');
    expect(why(2, {further: 0})).toBe('no-files');
    expect(why(2, {worthwhile: 0})).toBe('short');
    expect(why(2, {live: 8})).toBe('limit');
    expect(why(2, {}, {availableBytes: 1000 * MB})).toBe('memory');
    const made = controller();
    allowedAfter(made, 40, 0.7);
    allowedAfter(made, 10, 2, {further: 0});
    expect(mainRefusal(made)).toBe('busy');
  });

  test('is nothing where nothing was measured', () => {
    expect(mainRefusal(controller())).toBeNull();
    expect(why(2, {settledMs: null})).toBeNull();
  });
});
