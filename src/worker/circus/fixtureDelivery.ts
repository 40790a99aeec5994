/**
 * Puts the values of a file's shared fixtures into the config of its test environment. The environment copies the
 * config's `globals` into the realm before any code of the user runs. The config's JSON is part of the transform
 * cache's key, and it stays the same, because JSON contains neither symbols nor what a `toJSON` leaves out.
 */
import type {Config} from '@jest/types';
import type {FileFixtures} from '../../core/wire/workerMessages';
import {join, sep} from '../../pristine/path';
import {FIXTURES, type HandedOver} from '../../realm/handover';

/** The folder of the code that runs in the realm of a test file. */
const REALM = join(__dirname, '..', '..', 'realm') + sep;

type FileConfig = Pick<Config.ProjectConfig, 'automock' | 'globals' | 'unmockedModulePathPatterns'>;

/** @returns a copy, because other files may share the config */
export function withFixtures<C extends FileConfig>(config: C, testPath: string, fixtures: FileFixtures): C {
  const handedOver: HandedOver = {testPath, fixtures};
  const globals = {...config.globals, [FIXTURES]: JSON.stringify(handedOver)};
  if (!config.automock) return {...config, globals};
  return {...config, globals, unmockedModulePathPatterns: withRealm(config.unmockedModulePathPatterns)};
}

/** Exempts our code from automocking. Jest joins all patterns into one regular expression. */
function withRealm(patterns: readonly string[] | undefined): string[] {
  const all = [...(patterns ?? []), REALM.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')];
  return Object.defineProperty(all, 'toJSON', {value: () => patterns});
}
