import {realpathSync} from 'node:fs';
import {join} from 'node:path';
import * as docblock from 'jest-docblock';
import type {FixtureSetup} from '../../../src/core/wire/fixtureMessages';
import {rulesOf} from '../../../src/core/rules/fileRules';
import type {FixtureInstance} from '../../../src/run/fixtures/fixtureHost';
import {FixturesOnDemand} from '../../../src/stock/fixturesOnDemand';
import {temporaryFolder} from '../run/temporaryFolder';

const asks = (...fixtures: string[]) => `/**\n${fixtures.map(text => ` * @shared-fixture ${text}\n`).join('')} */\n`;

/** With a host whose setups are ended one by one. */
class OnDemand {
  readonly rootDir: string;
  readonly fixtures: FixturesOnDemand;
  /** The fixtures that are being set up, or were, in their order. */
  readonly setups: FixtureInstance[] = [];
  readonly warnings: string[] = [];
  readonly #ends = new Map<string, (setup: FixtureSetup) => void>();

  constructor(files: Readonly<Record<string, string>>) {
    this.rootDir = realpathSync(temporaryFolder(files));
    this.fixtures = new FixturesOnDemand({
      host: {
        setUp: instance => {
          this.setups.push(instance);
          return new Promise(resolve => this.#ends.set(this.nameOf(instance), resolve));
        },
        close: () => Promise.resolve([]),
        letGo: () => undefined,
      },
      docblock,
      rootDir: this.rootDir,
      configId: 'c',
      rulesOf: (path, pragmas) => rulesOf(path, pragmas, [], false),
      warn: text => this.warnings.push(text.replaceAll(`${this.rootDir}/`, '')),
    });
  }

  ask(file: string, worker = 1) {
    return this.fixtures.valuesFor({testPath: join(this.rootDir, file), worker});
  }

  /** What is said of a file that cannot have any. */
  async refusal(file: string): Promise<string> {
    const {failure} = await this.ask(file);
    return (failure?.message ?? '').replaceAll(`${this.rootDir}/`, '');
  }

  async end(name: string, setup: FixtureSetup = {json: JSON.stringify(name)}): Promise<void> {
    this.#ends.get(name)?.(setup);
    await new Promise(setImmediate);
  }

  get names(): string[] {
    return this.setups.map(instance => this.nameOf(instance));
  }

  nameOf({title, worker}: FixtureInstance): string {
    return worker === null ? title : `${title} of w${worker}`;
  }
}

const failure = {message: 'no', stack: ''};

test('those that need no other are set up at once, the others when these are up', async () => {
  const demand = new OnDemand({
    'a.js': asks('./b', './c'),
    'b.js': '',
    'c.js': '',
    'd.js': '',
    't.js': asks('./a', './d'),
  });
  const answer = demand.ask('t.js');
  await demand.end('');
  expect(demand.names).toEqual(['b.js', 'c.js', 'd.js']);
  for (const name of ['b.js', 'd.js', 'c.js']) await demand.end(name);
  expect(demand.names.slice(3)).toEqual(['a.js']);
  const [b, c] = [join(demand.rootDir, 'b.js'), join(demand.rootDir, 'c.js')];
  expect(demand.setups[3]).toMatchObject({needs: {'./b': b, './c': c}, configId: 'c', worker: null});
  await demand.end('a.js');
  expect(await answer).toMatchObject({
    declared: [
      {names: expect.arrayContaining(['./a']) as string[], json: '"a.js"'},
      {names: expect.arrayContaining(['./d']) as string[], json: '"d.js"'},
    ],
    failure: null,
  });
});

test('each is set up once, whoever asks and when', async () => {
  // The second file changes what number each has.
  const demand = new OnDemand({'0.js': '', 'a.js': '', 't.js': asks('./a'), 'u.js': asks('./a', './0')});
  const first = demand.ask('t.js');
  const second = demand.ask('u.js');
  expect(demand.names).toEqual(['a.js', '0.js']);
  await demand.end('0.js');
  await demand.end('a.js');
  expect((await first).declared).toMatchObject([{json: '"a.js"'}]);
  expect((await second).declared.map(({json}) => json).sort()).toEqual(['"0.js"', '"a.js"']);
  expect((await demand.ask('t.js', 2)).declared).toMatchObject([{json: '"a.js"'}]);
  expect(demand.names).toHaveLength(2);
});

test('with scope=worker, once for each worker', async () => {
  const demand = new OnDemand({'a.js': asks('./b scope=worker'), 'b.js': '', 't.js': asks('./a scope=worker')});
  const answers = [demand.ask('t.js', 1), demand.ask('t.js', 2), demand.ask('t.js', 1)];
  for (const name of ['b.js of w1', 'b.js of w2', 'a.js of w1', 'a.js of w2']) await demand.end(name);
  expect((await Promise.all(answers)).map(({declared}) => declared[0]?.json)).toEqual([
    '"a.js of w1"',
    '"a.js of w2"',
    '"a.js of w1"',
  ]);
  expect(demand.names).toEqual(['b.js of w1', 'b.js of w2', 'a.js of w1', 'a.js of w2']);
  expect(demand.setups[3]?.needs).toEqual({'./b': demand.setups[1]?.key});
});

test('what needs one that has failed is not tried, and fails with that', async () => {
  const demand = new OnDemand({'a.js': asks('./b'), 'b.js': '', 't.js': asks('./a')});
  const answer = demand.ask('t.js');
  await demand.end('b.js', {failure});
  expect(await answer).toEqual({declared: [], failure});
  expect(await demand.ask('t.js')).toEqual({declared: [], failure});
  expect(demand.names).toEqual(['b.js']);
});

test('a file that asks for what cannot be had is told what; the others have theirs', async () => {
  const demand = new OnDemand({
    'a.js': '',
    'none.js': asks('./nowhere'),
    'malformed.js': asks('./a scope=all'),
    'run.js': asks('./a'),
    'worker.js': asks('./a scope=worker'),
  });
  expect(await demand.refusal('none.js')).toMatch(
    /^This file asks for something that is not available, so it has no shared fixtures\.\n\n {2}none\.js:2 {2}there is no module/,
  );
  expect(await demand.refusal('malformed.js')).toContain('  malformed.js:2  @shared-fixture ./a scope=all: expected');
  const answer = demand.ask('run.js');
  await demand.end('a.js');
  expect((await answer).failure).toBeNull();
  expect(await demand.refusal('worker.js')).toContain('worker.js:2  the shared fixture a.js has scope=worker here');
});

test('of a pragma without effect it is told once', async () => {
  const demand = new OnDemand({'a.js': '/** @serial */', 't.js': asks('./a'), 'u.js': `${asks('./a')}// @serial`});
  const answers = [demand.ask('t.js'), demand.ask('u.js'), demand.ask('u.js')];
  await demand.end('a.js');
  await Promise.all(answers);
  expect(demand.warnings).toEqual([
    expect.stringContaining('a.js:1: @serial has no effect here'),
    expect.stringContaining('u.js:4: @serial has no effect here'),
  ]);
});
