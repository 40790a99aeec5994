import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {resolveOptions} from '../../../src/core/rules/config';
import type {FleetOption} from '../../../src/core/rules/options';
import {fleetSettings} from '../../../src/fleet/settings';

const SECRET = 'sixteen letters!';
const HERE = 'redis://127.0.0.1:6379';
const THERE = 'rediss://me@redis.example:6380/2';

const folder = mkdtempSync(join(tmpdir(), 'xdist-settings-'));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
afterAll(() => rmSync(folder, {recursive: true}));

function settings(fleet: FleetOption, environment: Record<string, string> = {}) {
  const options = resolveOptions([{name: 'xdist.config.js', value: {fleet}}], environment);
  return fleetSettings(options.fleet!, environment, folder);
}

test('a server of this machine needs no secret', () => {
  expect(settings({url: HERE})).toEqual({
    engine: {url: HERE, password: null, ca: null, leaseMs: 30_000, keepMs: 86_400_000, awayMs: 60_000},
    secret: null,
  });
  for (const url of ['redis://localhost', 'redis://[::1]:7', 'redis://127.1.2.3']) {
    expect(settings({url}).secret).toBeNull();
  }
});

test.each(['redis://10.0.0.1', 'redis://127.0.0.1.example', 'redis://localhost.example', 'redis://[::2]'])(
  '%s needs one',
  url => {
    expect(() => settings({url})).toThrow(/on another machine.*Set XDIST_FLEET_SECRET/);
    expect(settings({url}, {XDIST_FLEET_SECRET: SECRET}).secret).toBe(SECRET);
  },
);

test('the secret, the password and the certificates come from variables or files', () => {
  const ca = file('ca.pem', 'a certificate\n');
  const environment = {
    XDIST_FLEET_SECRET_FILE: file('secret', `${SECRET}\n`),
    XDIST_FLEET_PASSWORD_FILE: file('password', 'a password\r\n'),
    XDIST_FLEET_CA: ca,
  };
  const expected = {engine: {url: THERE, password: 'a password', ca: 'a certificate', leaseMs: 5_000}, secret: SECRET};
  expect(settings({url: THERE, lease: '5s'}, environment)).toMatchObject(expected);
  expect(settings({url: THERE, secret: {file: 'secret'}})).toMatchObject({secret: SECRET});
  expect(settings({url: THERE, secret: {variable: 'OURS'}}, {OURS: SECRET})).toMatchObject({secret: SECRET});
  expect(settings({url: THERE}, {XDIST_FLEET_SECRET: SECRET, XDIST_FLEET_PASSWORD: 'p'}).engine.password).toBe('p');
});

test.each<[string, FleetOption, Record<string, string>, string]>([
  ['empty secret', {}, {XDIST_FLEET_SECRET: ''}, 'The secret of the fleet is empty (XDIST_FLEET_SECRET).'],
  [
    'short secret',
    {},
    {XDIST_FLEET_SECRET: 'fifteen letters'},
    'The secret of the fleet is shorter than 16 characters (XDIST_FLEET_SECRET).',
  ],
  [
    'variable that is not set',
    {secret: {variable: 'OURS'}},
    {},
    'The secret of the fleet is to be in OURS, which is not set.',
  ],
  [
    'file that is not there',
    {secret: {file: 'none'}},
    {},
    `The file of fleet.secret.file cannot be read: ENOENT: no such file or directory, open '${join(folder, 'none')}'`,
  ],
  [
    'secret in two places',
    {},
    {XDIST_FLEET_SECRET: SECRET, XDIST_FLEET_SECRET_FILE: 'a'},
    'XDIST_FLEET_SECRET and XDIST_FLEET_SECRET_FILE are both set. Set one.',
  ],
  [
    'password in two places',
    {},
    {XDIST_FLEET: 'redis://:pw@localhost', XDIST_FLEET_PASSWORD: 'pw'},
    'The URL of the fleet has a password, and XDIST_FLEET_PASSWORD is set, too. Set one.',
  ],
])('a %s is a mistake', (_, fleet, environment, text) => {
  expect(() => settings({url: HERE, ...fleet}, environment)).toThrow(text);
});
