/**
 * Installs the next version of Jest beside our package, and compares the two runners on it: `npm run test:next`, or
 * `npm run test:next -- <version>`. No part of `npm test`.
 */
import {execFileSync} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {createJiti} from 'jiti';
import {installInto, packRunner} from '../../examples/install.mjs';

const installs = join(dirname(fileURLToPath(import.meta.url)), 'installs');
const install = join(installs, 'jest-next');

/** `next`, unless there is none, or `latest` is newer. */
function nextVersion() {
  const args = ['view', 'jest', 'dist-tags', '--json'];
  const tags = JSON.parse(execFileSync('npm', args, {encoding: 'utf8', shell: process.platform === 'win32'}));
  return tags.next !== undefined && isNewer(tags.next, tags.latest) ? tags.next : tags.latest;
}

/** Of equal numbers, the one with a name behind them comes before the release. */
function isNewer(one, other) {
  const numbers = version => version.split('-')[0].split('.').map(Number);
  const [a, b] = [numbers(one), numbers(other)];
  const at = a.findIndex((number, index) => number !== b[index]);
  return at === -1 ? other.includes('-') && !one.includes('-') : a[at] > b[at];
}

const version = process.argv[2] ?? nextVersion();
mkdirSync(install, {recursive: true});
const description = 'What npm run test:next runs on';
const content = {private: true, description, dependencies: {jest: version}};
writeFileSync(join(install, 'package.json'), `${JSON.stringify(content, null, 2)}\n`);
// Our package does not yet say that it runs with a new major version.
process.env.npm_config_legacy_peer_deps = 'true';
installInto(install, packRunner(join(installs, 'packed')));

const {tryJest} = await createJiti(import.meta.url).import('./next.ts');
process.exitCode = (await tryJest(install)) ? 0 : 1;
