import {
  parseFromFixture,
  parseFromFixtureHost,
  parseToFixture,
  parseToFixtureHost,
  type FixtureOrder,
  type FixtureRun,
  type FromFixture,
  type FromFixtureHost,
  type ToFixture,
  type ToFixtureHost,
} from '../../../../src/core/wire/fixtureMessages';
import {ProtocolError} from '../../../../src/core/wire/values';

/** One of each type, at least. */
type Samples<Message extends {readonly type: string}> = {
  readonly [Type in Message['type']]: readonly Extract<Message, {type: Type}>[];
};

const run: FixtureRun = {rootDir: '/', runId: 'r', transformPath: '/t.js', timeoutMs: 0, nodeArguments: ['--x']};
const fixture: FixtureOrder = {
  key: 'a 1',
  path: '/a.ts',
  title: 'a.ts',
  config: {id: 'c'},
  worker: 2,
  fixtures: [{name: './b', is: 'b 1'}],
};
const failure = {message: 'no', stack: 'Error: no\n    at a'};

const toHost: Samples<ToFixtureHost> = {
  begin: [{type: 'begin', run}],
  'set-up': [
    {type: 'set-up', fixture},
    {type: 'set-up', fixture: {...fixture, worker: null, fixtures: []}},
  ],
  'take-down': [{type: 'take-down', key: 'a 1'}],
  close: [{type: 'close'}],
};
const fromHost: Samples<FromFixtureHost> = {
  'set-up': [
    {type: 'set-up', key: 'a 1', setup: {json: 'null'}},
    {type: 'set-up', key: 'a 1', setup: {failure}},
  ],
  'taken-down': [
    {type: 'taken-down', key: 'a 1', failure},
    {type: 'taken-down', key: 'a 1', failure: null},
  ],
  died: [{type: 'died', key: '1', failure: {message: 'gone', stack: ''}}],
  closed: [{type: 'closed', failures: [failure]}],
};
const toFixture: Samples<ToFixture> = {
  'set-up': [{type: 'set-up', run, fixture}],
  'take-down': [{type: 'take-down'}],
};
const fromFixture: Samples<FromFixture> = {
  loaded: [{type: 'loaded'}],
  up: [{type: 'up', json: '1'}],
  'not-up': [{type: 'not-up', error: failure}],
  'going-down': [{type: 'going-down'}],
  down: [
    {type: 'down', error: failure},
    {type: 'down', error: null},
  ],
};

const directions: readonly [string, (line: string) => unknown, Samples<never>][] = [
  ['to the host', parseToFixtureHost, toHost],
  ['from the host', parseFromFixtureHost, fromHost],
  ['to a fixture', parseToFixture, toFixture],
  ['from a fixture', parseFromFixture, fromFixture],
];

describe.each(directions)('a message %s', (_direction, parse, samples) => {
  test.each(Object.values<readonly unknown[]>(samples).flat())('arrives as it was sent: %j', message => {
    expect(parse(JSON.stringify(message))).toEqual(message);
  });

  test.each(['', '5', '{}', '{"type":"other"}', '{"type":"set-up"}', '{"type":"down"}', '{"type":"closed"}'])(
    'is refused that is none: %s',
    line => {
      expect(() => parse(line)).toThrow(ProtocolError);
    },
  );
});
