import {cutDeepDetails, sendable} from '../../../src/worker/sendable';

const circle = (): object => {
  const one: Record<string, unknown> = {name: 'one'};
  one.self = one;
  return one;
};

function levels(count: number, bottom: unknown): unknown {
  let value = bottom;
  for (let level = 0; level < count; level++) value = {next: value};
  return value;
}

const throwing = {
  get value() {
    throw new Error('a getter');
  },
  other: 1,
};

class Unserialisable {
  readonly kept = 'kept';
  toJSON() {
    throw new Error('toJSON');
  }
}

test.each<[name: string, value: unknown, copy: unknown]>([
  ['a BigInt', 12n, '12n'],
  ['a circle', circle(), {name: 'one', self: '[Seen above]'}],
  ['a getter that throws', throwing, {value: '[Getter that throws]', other: 1}],
  ['a toJSON that throws', new Unserialisable(), {kept: 'kept'}],
  ['a revoked proxy', revoked(), '[Unreadable]'],
])('%s is replaced by a text, and nothing around it', (_name, value, copy) => {
  const message = {before: [1, {at: new Date(0)}], value, list: [undefined, value], after: 'text', left: undefined};
  const second = typeof value === 'object' && value !== null ? '[Seen above]' : copy;
  expect(sendable(message)).toEqual({
    before: [1, {at: '1970-01-01T00:00:00.000Z'}],
    value: copy,
    list: [null, second],
    after: 'text',
  });
});

test.each<[name: string, value: unknown]>([
  ['and cannot be held by JSON', levels(10_000, 1n)],
  ['and can be held by JSON', levels(1000, true)],
])('what is nested too deep %s is cut off', (_name, value) => {
  const text = JSON.stringify(sendable({value: [value, 1n], after: 'text'}));
  expect(text).toMatch(/(\{"next":){47,49}"\[Too deep\]"\}+,"1n"\],"after":"text"\}$/);
});

test('what JSON can hold is as in JSON, however often it comes', () => {
  const shared = {list: [1, 2], nothing: undefined};
  expect(sendable([1n, shared, shared])).toEqual(['1n', {list: [1, 2]}, {list: [1, 2]}]);
});

test('a graph with any number of paths is copied once', () => {
  const nodes: Record<string, unknown>[] = Array.from({length: 20}, () => ({}));
  for (const node of nodes) for (const [index, other] of nodes.entries()) node[`to ${index}`] = other;
  expect(JSON.stringify(sendable(nodes)).length).toBeLessThan(20_000);
});

test('what several tests have thrown is in the failure of each, up to 1,000 objects', () => {
  const thrown = {self: {}, many: Array.from({length: 2000}, () => [1n])};
  thrown.self = thrown;
  const tests = sendable([{failureDetails: [thrown]}, {failureDetails: [thrown]}]) as {failureDetails: unknown[]}[];
  const many = [...Array.from({length: 997}, () => ['1n']), ...Array.from({length: 1003}, () => '[Too much]')];
  for (const {failureDetails} of tests) expect(failureDetails).toEqual([{self: '[Seen above]', many}]);
});

describe('what jest-circus could not copy', () => {
  const thrown = <T extends object>(properties: T) => Object.assign(new Error('thrown'), properties);

  test('is cut off in place; nothing else is', () => {
    const [value, hidden, other] = [levels(2000, true), levels(2000, true), levels(900, true)];
    const error = Object.defineProperty(thrown({value, other}), 'hidden', {value: hidden, configurable: true});
    cutDeepDetails({failureDetails: ['text', null, error]});
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toBe('thrown');
    expect(JSON.stringify(error.value)).toMatch(/"\[Too deep\]"/);
    expect(JSON.stringify((error as unknown as {hidden: unknown}).hidden)).toMatch(/"\[Too deep\]"/);
    expect(Object.keys(error)).toEqual(['value', 'other']);
    expect(error.other).toBe(other);
    expect(error.value).not.toBe(value);
  });

  test('may be a list of neighbours, none of which is deep', () => {
    const list: Record<string, unknown>[] = Array.from({length: 2000}, () => ({}));
    for (const [index, neighbour] of list.entries()) {
      neighbour.next = list[index + 1];
      neighbour.previous = list[index - 1];
    }
    const error = thrown({list});
    cutDeepDetails({failureDetails: [error]});
    expect(JSON.stringify(error.list)).toContain('"[Seen above]"');
  });

  test('is left alone in what cannot be changed', () => {
    const error = Object.freeze(thrown({value: levels(2000, true)}));
    cutDeepDetails({failureDetails: [error]});
    expect(typeof error.value).toBe('object');
  });

  test('is not what refers to itself', () => {
    const error = thrown({self: circle()});
    const {self} = error;
    cutDeepDetails({failureDetails: [error]});
    expect(error.self).toBe(self);
  });
});

function revoked(): object {
  const {proxy, revoke} = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
