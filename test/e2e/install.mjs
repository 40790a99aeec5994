/**
 * Makes the installs that the end-to-end tests run on: a Jest of each supported line with our package beside it as npm
 * would unpack it, from `npm pack`; the Node that people run; and a Redis, where none is in PATH. With `--all`, or where
 * THOROUGH is 1, also what only the exhaustive tests and the benchmarks need: minor versions of Jest, all supported
 * Nodes but the oldest, and an example. Cheap when nothing has changed.
 */
import {readdirSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {installDependencies, installInto, packRunner} from '../../examples/install.mjs';
import {installRedis} from '../../examples/redis.cjs';

const here = dirname(fileURLToPath(import.meta.url));
const installs = join(here, 'installs');

const tarball = packRunner(join(installs, 'packed'));
const isAll = process.env.THOROUGH === '1' || process.argv.includes('--all');
const wanted = isAll ? /^(jest|node)-[\d.]+$/ : /^(jest-\d+|node-24)$/;
for (const name of readdirSync(installs).filter(entry => wanted.test(entry))) {
  if (name.startsWith('jest')) installInto(join(installs, name), tarball);
  else installDependencies(join(installs, name));
}
if (isAll) installInto(join(here, '..', '..', 'examples', 'shared-fixtures'), tarball);
installRedis(join(installs, 'redis'));
