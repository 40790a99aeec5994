import {Faults, type FaultsOptions} from '../../../src/run/faults';

function collecting(options: Partial<FaultsOptions> = {}) {
  const warnings: string[] = [];
  const onFirst = jest.fn();
  const faults = new Faults({
    jestVersion: '30.5.2',
    recording: () => null,
    warn: text => warnings.push(text),
    onFirst,
    ...options,
  });
  return {faults, warnings, onFirst};
}

test('the first is told, with what was being done, the stack, the versions, and how to report it', () => {
  const {faults, warnings} = collecting();
  const error = new TypeError('no such slot');
  const {message, stack} = faults.report('a worker came up', error);
  const [what, evidence, report] = message.split('\n\n');
  expect(what).toBe(
    'The test runner failed while a worker came up. This is an error in jest-runner-xdist, not in a test. ' +
      'The run ended early; files without a result by then have none.',
  );
  expect(evidence).toMatch(/^ {2}\| TypeError: no such slot\n {2}\| {5}at .*faults\.test\.ts/);
  expect(report).toMatch(
    /^Please report it .*, with this text\.\njest-runner-xdist \d+\.\d+\.\d+, Jest 30\.5\.2, Node v\d+/,
  );
  expect(stack).toBe('');
  expect(warnings).toEqual([message]);
});

test('if there is a recording, it is named', () => {
  const {faults} = collecting({recording: () => '/tmp/run.xdist'});
  expect(faults.report('a worker came up', new Error('oh')).message).toContain(
    'with this text and the recording of the run, /tmp/run.xdist.',
  );
});

test('what is thrown may be anything', () => {
  const {faults} = collecting();
  expect(faults.report('a worker came up', {code: 5}).message).toContain('  | { code: 5 }');
});

test('those after it change nothing', () => {
  const {faults, warnings, onFirst} = collecting();
  const endRun = jest.fn();
  faults.whenFound(endRun);
  const first = faults.report('a worker came up', new Error('oh'));
  expect(faults.report('a worker died', new Error('no'))).toBe(first);
  expect(faults.first).toBe(first);
  expect([warnings, onFirst.mock.calls, endRun.mock.calls].map(({length}) => length)).toEqual([1, 1, 1]);
});

test('one that came before the run could be ended ends it as soon as it can', () => {
  const {faults} = collecting();
  faults.report('a fixture host said something', new Error('oh'));
  const endRun = jest.fn();
  faults.whenFound(endRun);
  expect(endRun).toHaveBeenCalledTimes(1);
});

test('a guarded function does not throw, and has its fault told', () => {
  const {faults} = collecting();
  const heard: number[] = [];
  const guarded = faults.guard('a number came', (number: number) => {
    if (number < 0) throw new RangeError('below 0');
    heard.push(number);
  });
  guarded(1);
  guarded(-1);
  guarded(2);
  expect(heard).toEqual([1, 2]);
  expect(faults.first?.message).toMatch(/failed while a number came\..*RangeError: below 0/s);
});
