/** All that `npm test` runs, on each Jest line, and what is exhaustive besides: before a release, and every night. */
import {spawnSync} from 'node:child_process';

const {status} = spawnSync('npm', ['test'], {
  stdio: 'inherit',
  shell: process.platform === 'win32', // npm is a batch file there
  env: {...process.env, THOROUGH: '1'},
});
process.exitCode = status ?? 1;
