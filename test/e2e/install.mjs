/**
 * Makes the installs that the end-to-end tests run on: a Jest of each supported line, and beside it
 * our package as npm would unpack it, from `npm pack`. Cheap when nothing has changed.
 */
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const installs = join(here, 'installs');
/** On Windows npm is a batch file, which needs a shell. */
const shell = process.platform === 'win32';
const run = (command, args, cwd) => execFileSync(command, args, {cwd, shell, stdio: ['ignore', 'ignore', 'inherit']});
const hash = (...texts) => createHash('sha1').update(texts.join('\0')).digest('hex');

if (!existsSync(join(root, 'dist', 'index.js'))) throw new Error('Build first: npm run build');

const packed = join(installs, 'packed');
rmSync(packed, {recursive: true, force: true});
mkdirSync(packed, {recursive: true});
run('npm', ['pack', '--silent', '--pack-destination', packed], root);
const tarball = join(
  packed,
  readdirSync(packed).find(name => name.endsWith('.tgz')),
);

const ownPackage = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
for (const name of readdirSync(installs).filter(entry => entry.startsWith('jest-'))) {
  const folder = join(installs, name);
  const stampFile = join(folder, 'node_modules', '.xdist-stamp');
  const stamp = hash(readFileSync(join(folder, 'package.json'), 'utf8'), JSON.stringify(ownPackage.dependencies));
  if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp) {
    console.log(`installing ${name}`);
    run('npm', ['install', '--no-save', '--ignore-scripts', '--loglevel=error', tarball], folder);
    writeFileSync(stampFile, stamp);
  } else {
    const own = join(folder, 'node_modules', 'jest-runner-xdist');
    rmSync(own, {recursive: true, force: true});
    mkdirSync(own);
    run('tar', ['-xzf', tarball, '--strip-components=1', '-C', own], folder);
  }
}
