import {ProtocolError} from '../../../../src/core/wire/values';
import {
  describeLimit,
  describePlace,
  hangLine,
  parseFromWatchdog,
  parseWatchdogHello,
  sourceOfLimit,
  type FromWatchdog,
} from '../../../../src/core/wire/watchdogMessages';

const frame = {functionName: 'spin', path: '/app/a.test.ts', line: 3, column: 12};
const alive = {type: 'alive', phase: 7, name: 'a test', ms: 1500.5, limitMs: 3000, debugged: false, rss: 1e8} as const;
const hung = {
  type: 'hung',
  name: 'the test "a"',
  ms: 3100.5,
  limitMs: 3000,
  limitBy: 'hardTimeout',
  began: true,
} as const;

test.each<[string, FromWatchdog]>([
  ['a sign of life', alive],
  ['one of a phase without a limit', {...alive, limitMs: null}],
  ['one under a debugger', {...alive, debugged: true}],
  ['a slow phase', {type: 'slow', name: 'the test "a"', ms: 60_000}],
  ['one that runs code', {...hung, place: {kind: 'stack', frames: [frame, {...frame, functionName: ''}]}}],
  ['one that waits', {...hung, place: {kind: 'open', resources: ['Timeout']}}],
  ['one that waits for nothing', {...hung, place: {kind: 'open', resources: []}}],
  ['one that does not answer', {...hung, place: {kind: 'native'}}],
])('%s arrives as it was sent', (_what, message) => {
  expect(parseFromWatchdog(JSON.stringify(message))).toEqual(message);
});

test('the first line of a watchdog arrives as it was sent', () => {
  const hello = {watchdog: true, token: 'secret', slot: 2, generation: 3, pid: 4711};
  expect(parseWatchdogHello(JSON.stringify(hello))).toEqual(hello);
});

test("the first line of a worker is not a watchdog's", () => {
  expect(parseWatchdogHello('{"slot":2,"generation":3,"pid":4711}')).toBeNull();
});

test.each([
  ['', 'expected JSON, got ""'],
  ['null', 'expected the first line of a watchdog, got null'],
  ['{"watchdog":true,"slot":1,"generation":1,"pid":1}', 'expected a text, got undefined'],
  ['{"watchdog":true,"token":"a","slot":1,"generation":1}', 'expected a whole number, got undefined'],
])('%p is no first line of a watchdog', (line, message) => {
  expect(() => parseWatchdogHello(line)).toThrow(ProtocolError);
  expect(() => parseWatchdogHello(line)).toThrow(message);
});

test.each<[unknown, string]>([
  [3, 'expected a message from a watchdog, got 3'],
  [{type: 'dead'}, 'expected a message from a watchdog, got {"type":"dead"}'],
  [{...alive, phase: 0.5}, 'expected a whole number, got 0.5'],
  [{...alive, ms: null}, 'expected a number, got null'],
  [{...alive, limitMs: undefined}, 'expected a number, got undefined'],
  [{type: 'slow', ms: 1}, 'expected a text, got undefined'],
  [{type: 'slow', name: 'a'}, 'expected a number, got undefined'],
  [hung, 'expected a place, got undefined'],
  [{...hung, place: {kind: 'gone'}}, 'expected a place, got {"kind":"gone"}'],
  [{...hung, place: {kind: 'stack'}}, 'expected a list, got undefined'],
  [{...hung, place: {kind: 'stack', frames: ['spin']}}, 'expected a frame, got "spin"'],
  [{...hung, place: {kind: 'stack', frames: [{...frame, path: null}]}}, 'expected a text, got null'],
  [{...hung, place: {kind: 'stack', frames: [{...frame, line: '3'}]}}, 'expected a whole number, got "3"'],
  [{...hung, place: {kind: 'open', resources: [1]}}, 'expected a text, got 1'],
  [{...hung, limitBy: undefined, place: {kind: 'native'}}, 'expected a text, got undefined'],
  [{...hung, limitMs: null, place: {kind: 'native'}}, 'expected a number, got null'],
])('%j is no message', (message, refusal) => {
  expect(() => parseFromWatchdog(JSON.stringify(message))).toThrow(`jest-runner-xdist: ${refusal}`);
});

test.each([
  ['option', 8000, '8 s, hardTimeout'],
  ['file', 1000, '1 s, set for this file'],
  ['timeout', 7500, '7.5 s, 1.5 x its Jest timeout of 5 s; hardTimeout is 5 s'],
  [null, 60_000, '60 s'],
] as const)('a limit that comes from %j is explained', (source, limitMs, text) => {
  expect(describeLimit(limitMs, sourceOfLimit(source, limitMs, 5000))).toBe(text);
});

test('the line for a hang in band explains the limit', () => {
  expect(hangLine('a test', 8000, 'hardTimeout')).toContain(
    'it has not ended within 8 s (hardTimeout). Jest ends here.',
  );
  expect(hangLine('a test', 8000, '')).toContain('it has not ended within 8 s. Jest ends here.');
});

test('calls are shown as in the stack of an error', () => {
  const frames = [frame, {...frame, functionName: '', line: 9}];
  expect(describePlace({kind: 'stack', frames})).toBe('    at spin (/app/a.test.ts:3:12)\n    at /app/a.test.ts:9:12');
});

test.each([
  [['Timeout'], 'The main thread runs no code. Open resources: Timeout.'],
  [['Timeout', 'PipeWrap', 'Timeout'], 'The main thread runs no code. Open resources: 2 x Timeout, PipeWrap.'],
  [[], 'The main thread runs no code, and no open resource can wake it.'],
])('what is open is shown, each kind once: %j', (resources, description) => {
  expect(describePlace({kind: 'open', resources})).toBe(`    ${description}`);
});

test('native code is said to be that', () => {
  expect(describePlace({kind: 'native'})).toContain('native code');
});
