import {ProtocolError} from '../../../../src/core/wire/values';
import {
  parseFixtureQuestion,
  parseFromStockHost,
  parseToStockHost,
  type FromStockHost,
  type ToStockHost,
} from '../../../../src/core/wire/stockMessages';

const toHost: readonly ToStockHost[] = [
  {type: 'begin', run: {rootDir: '/', corePath: '/core.js', config: {id: 'c'}}},
  {type: 'close'},
];
const fromHost: readonly FromStockHost[] = [
  {type: 'listening', socketPath: '/tmp/s'},
  {type: 'refused', message: 'no'},
  {type: 'closed', failures: [{message: 'no', stack: 'Error: no\n    at a'}]},
];
const question = {testPath: '/a.test.js', worker: 2};

test('what was said is what is heard', () => {
  for (const message of toHost) expect(parseToStockHost(JSON.stringify(message))).toEqual(message);
  for (const message of fromHost) expect(parseFromStockHost(JSON.stringify(message))).toEqual(message);
  expect(parseFixtureQuestion(JSON.stringify(question))).toEqual(question);
});

test.each([
  ['', parseToStockHost],
  ['{"type": "listening", "socketPath": "/"}', parseToStockHost],
  ['{"type": "begin", "run": {"rootDir": "/", "corePath": "/"}}', parseToStockHost],
  ['{"type": "close"}', parseFromStockHost],
  ['{"type": "closed", "failures": [{"message": "no"}]}', parseFromStockHost],
  ['{"testPath": "/a.test.js", "worker": null}', parseFixtureQuestion],
  ['{"worker": 1}', parseFixtureQuestion],
])('%j is refused', (line, parse: (line: string) => unknown) => {
  expect(() => parse(line)).toThrow(ProtocolError);
});
