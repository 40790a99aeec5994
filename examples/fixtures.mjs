/**
 * Runs the tests of examples/shared-fixtures on 4 workers, and shows what its shared fixtures did meanwhile. From the
 * repository's root, after `npm run build`; arguments are for Jest:
 *
 *     node examples/fixtures.mjs
 */
import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync, rmSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {installInto, packRunner} from './install.mjs';

const project = join(dirname(fileURLToPath(import.meta.url)), 'shared-fixtures');
const modules = join(project, 'node_modules');
const log = join(project, 'fixtures.log');

installInto(project, packRunner(join(modules, '.packed')));
rmSync(log, {force: true});
const jest = join(modules, 'jest', 'bin', 'jest.js');
const {status} = spawnSync(process.execPath, [jest, '-w', '4', ...process.argv.slice(2)], {
  cwd: project,
  stdio: 'inherit',
});
const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
console.log('\nThe shared fixtures of this run:');
for (const {fixture, worker, did, what, pid} of lines.map(line => JSON.parse(line))) {
  console.log(
    `  ${did.padEnd(9)}${fixture.padEnd(9)}${what} (process ${pid}${worker === null ? '' : `, for worker ${worker}`})`,
  );
}
process.exitCode = status ?? 1;
