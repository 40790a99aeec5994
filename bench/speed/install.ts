/** Makes installs for suites that need more packages than the end-to-end tests. */
import {mkdirSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {JestLine} from '../../test/e2e/project';
import {INSTALLS, installed, type Install} from '../turns';
import type {SpeedSuite} from './suite';

const JEST_VERSIONS: Readonly<Record<JestLine, string>> = {'29': '29.7.0', '30': '30.5.2'};
/** npm resolves transitive dependencies as of this date; `dependencies` pins only the first level. */
const AS_OF = '2026-11-27';

/**
 * Installs a suite's packages, unless they are already there.
 *
 * @param name the name of the suite's part
 */
export async function installFor(name: string, {dependencies}: SpeedSuite, line: JestLine): Promise<Install> {
  if (dependencies === undefined) return installed(line, `jest-${line}`);
  const jest = JEST_VERSIONS[line];
  const folder = join(INSTALLS, `bench-${name}-${line}`);
  mkdirSync(folder, {recursive: true});
  const manifest = {private: true, dependencies: {jest, ...dependencies(jest)}};
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  writeFileSync(join(folder, '.npmrc'), `package-lock=false\nfund=false\naudit=false\nbefore=${AS_OF}\n`);
  const {installInto} = await import('../../examples/install.mjs');
  const packed = join(INSTALLS, 'packed');
  const tarball = readdirSync(packed).find(file => file.endsWith('.tgz'));
  installInto(folder, join(packed, tarball!));
  return installed(line, `bench-${name}-${line}`);
}
