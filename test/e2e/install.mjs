/**
 * Makes the installs that the end-to-end tests run on: a Jest of each supported line, and an example, each with our
 * package beside it as npm would unpack it, from `npm pack`; a Node of each supported major version but the oldest; and
 * a Redis, where none is in PATH. Cheap when nothing has changed.
 */
import {readdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {installDependencies, installInto, packRunner} from '../../examples/install.mjs';
import {installRedis} from '../../examples/redis.cjs';

const here = dirname(fileURLToPath(import.meta.url));
const installs = join(here, 'installs');

const tarball = packRunner(join(installs, 'packed'));
const isThorough = process.env.THOROUGH === '1';
// What runs on the minor versions between is exhaustive.
const isWanted = name => /^jest-\d+$/.test(name) || (isThorough && /^jest-\d+\./.test(name));
for (const name of readdirSync(installs).filter(isWanted)) {
  installInto(join(installs, name), tarball);
}
installInto(join(here, '..', '..', 'examples', 'shared-fixtures'), tarball);
for (const name of readdirSync(installs).filter(entry => entry.startsWith('node-'))) {
  installDependencies(join(installs, name));
}
installRedis(join(installs, 'redis'));
