import {join, sep} from 'node:path';
import type {FileFixtures} from '../../../../src/core/wire/workerMessages';
import {FIXTURES} from '../../../../src/realm/handover';
import {withFixtures} from '../../../../src/worker/circus/fixtureDelivery';

const FILE: FileFixtures = {declared: [{names: ['./db'], json: '{"url":"x"}'}], failure: null};

const realm = join(__dirname, '..', '..', '..', '..', 'src', 'realm');

test('the file and its fixtures are one text among the globals, in a copy', () => {
  const config = Object.freeze({automock: false, globals: Object.freeze({own: 1}), unmockedModulePathPatterns: ['a']});
  const copy = withFixtures(config, '/app/a.test.ts', FILE);
  const text = (copy.globals as {[FIXTURES]?: unknown})[FIXTURES];
  expect(JSON.parse(text as string)).toEqual({testPath: '/app/a.test.ts', fixtures: FILE});
  expect(copy.globals.own).toBe(1);
  expect(copy.unmockedModulePathPatterns).toBe(config.unmockedModulePathPatterns);
  expect(Reflect.ownKeys(config.globals)).toEqual(['own']);
});

describe.each([undefined, [], ['/own/']])('with automock, and the patterns %j', patterns => {
  const config = {
    automock: true,
    globals: {own: 1},
    ...(patterns !== undefined && {unmockedModulePathPatterns: patterns}),
  };
  const copy = withFixtures(config as typeof config & {unmockedModulePathPatterns: string[]}, '/app/a.test.ts', FILE);

  test('what reads the fixtures is not mocked, and nothing else', () => {
    // As jest-runtime reads them.
    const unmocked = new RegExp(copy.unmockedModulePathPatterns.join('|'));
    expect(unmocked.test(join(realm, 'fixtures.js'))).toBe(true);
    expect(unmocked.test(join(realm, 'handover.js'))).toBe(true);
    expect(unmocked.test(`${realm}s${sep}fixtures.js`)).toBe(false);
    expect(unmocked.test(join(sep, 'app', 'db.js'))).toBe(false);
    expect(unmocked.test('/own/a.js')).toBe(patterns?.includes('/own/') === true);
  });

  test('the JSON of the config is what it was', () => {
    expect(JSON.stringify(copy)).toBe(JSON.stringify(config));
  });
});
