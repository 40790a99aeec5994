/**
 * Puts the values of a file's shared fixtures into the config that its test environment is made with. What an
 * environment has as globals it has from there, before any code of the user's runs. The config's JSON, a part
 * of the transform cache's key, stays as it is: it has neither symbols nor what a `toJSON` leaves out.
 */
import type {Config} from '@jest/types';
import type {FileFixtures} from '../../core/wire/workerMessages';
import {join, sep} from '../../pristine/path';
import {FIXTURES, type HandedOver} from '../../realm/handover';

/** Where the code is that runs in the realm of a test file. */
const REALM = join(__dirname, '..', '..', 'realm') + sep;

type FileConfig = Pick<Config.ProjectConfig, 'automock' | 'globals' | 'unmockedModulePathPatterns'>;

/** @returns a copy; the config itself may be that of other files, too */
export function withFixtures<C extends FileConfig>(config: C, testPath: string, fixtures: FileFixtures): C {
  const handedOver: HandedOver = {testPath, fixtures};
  const globals = {...config.globals, [FIXTURES]: JSON.stringify(handedOver)};
  if (!config.automock) return {...config, globals};
  return {...config, globals, unmockedModulePathPatterns: withRealm(config.unmockedModulePathPatterns)};
}

/** Jest joins these to one expression, of what is not mocked by itself. */
function withRealm(patterns: readonly string[] | undefined): string[] {
  const all = [...(patterns ?? []), REALM.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')];
  return Object.defineProperty(all, 'toJSON', {value: () => patterns});
}
