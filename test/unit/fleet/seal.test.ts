import {makeSealer, SealError, type Sealer, type SealedKind, type SealOptions} from '../../../src/fleet/seal';

const OPTIONS: SealOptions = {secret: 'a secret of the test', run: 'run-7', series: 'unit tests'};
const PLAIN = Buffer.from('{"what": "nobody shall read"}');
const sealer = makeSealer(OPTIONS);
const sealed = () => sealer.seal('result', ['plan-1', '7', 'token'], PLAIN);

const refuses = (other: Sealer, kind: SealedKind, about: readonly string[], value: Buffer) =>
  expect(() => other.open(kind, about, value)).toThrow(SealError);

test('what was sealed can be opened by a machine with the same secret, and by nobody read', () => {
  const value = sealed();
  expect(value.includes('nobody')).toBe(false);
  expect(makeSealer(OPTIONS).open('result', ['plan-1', '7', 'token'], value)).toEqual(PLAIN);
});

test('a value may be empty, and each sealing differs', () => {
  const value = sealer.seal('run', [], Buffer.alloc(0));
  expect(sealer.open('run', [], value)).toEqual(Buffer.alloc(0));
  expect(sealer.seal('run', [], Buffer.alloc(0))).not.toEqual(value);
});

test('each changed byte, and each cut, is noticed', () => {
  const value = sealed();
  for (let at = 0; at < value.length; at++) {
    const changed = Buffer.from(value);
    changed[at]! ^= 1;
    refuses(sealer, 'result', ['plan-1', '7', 'token'], changed);
    refuses(sealer, 'result', ['plan-1', '7', 'token'], value.subarray(0, at));
  }
  refuses(sealer, 'result', ['plan-1', '7', 'token'], Buffer.concat([value, Buffer.of(0)]));
});

test('a value stays where it belongs', () => {
  const value = sealed();
  refuses(sealer, 'job', ['plan-1', '7', 'token'], value);
  refuses(sealer, 'result', ['plan-1', '8', 'token'], value);
  refuses(sealer, 'result', ['plan-1', '7'], value);
  refuses(sealer, 'result', ['plan-1', '7token'], value);
  refuses(sealer, 'result', ['plan-17', '', 'token'], value);
  refuses(sealer, 'result', ['plan-1", "7', 'token'], value);
});

test.each<[string, Partial<SealOptions>]>([
  ['secret', {secret: 'another secret'}],
  ['secret, which is none,', {secret: null}],
  ['run', {run: 'run-8'}],
])('another %s opens nothing', (_, other) =>
  refuses(makeSealer({...OPTIONS, ...other}), 'result', ['plan-1', '7', 'token'], sealed()),
);

test('the durations belong to the series of runs, and to nothing else', () => {
  const value = sealer.seal('durations', [], PLAIN);
  expect(makeSealer({...OPTIONS, run: 'run-8'}).open('durations', [], value)).toEqual(PLAIN);
  refuses(makeSealer({...OPTIONS, series: 'another job'}), 'durations', [], value);
  refuses(makeSealer({...OPTIONS, secret: null}), 'durations', [], value);
});

test('without a secret the id of the run is the key', () => {
  const open = {...OPTIONS, secret: null};
  const value = makeSealer(open).seal('plan', [], PLAIN);
  expect(makeSealer(open).open('plan', [], value)).toEqual(PLAIN);
  refuses(makeSealer({...open, run: 'run-8'}), 'plan', [], value);
});

test('the error names the kind of value, and neither the value nor the secret', () => {
  const error = new SealError('durations');
  expect(error.message).toContain('(durations)');
  expect(error.message).not.toContain(OPTIONS.secret);
});
