/**
 * Installs a project's dependencies, and beside them our package from what `npm pack` would publish: a link to the
 * repository would let it find modules that its users do not have. Cheap when nothing has changed.
 */
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join, relative, sep} from 'node:path';
import {fileURLToPath} from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const readJson = path => JSON.parse(readFileSync(path, 'utf8'));

/** On Windows npm is a batch file, which needs a shell; no argument here needs quoting. */
const npm = (args, cwd) =>
  execFileSync('npm', args, {cwd, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32'});

/** @param folder is emptied first @returns the tarball's path */
export function packRunner(folder) {
  if (!existsSync(join(root, 'dist', 'index.js'))) throw new Error('dist is missing; build first: npm run build');
  rmSync(folder, {recursive: true, force: true});
  mkdirSync(folder, {recursive: true});
  // `prepack` would build once more, and delete `dist` while others read it.
  npm(['pack', '--silent', '--ignore-scripts', '--pack-destination', relative(root, folder)], root);
  return join(
    folder,
    readdirSync(folder).find(name => name.endsWith('.tgz')),
  );
}

/** @param project the folder of a package.json @param tarball from `packRunner` */
export function installInto(project, tarball) {
  const from = relative(project, tarball);
  const {dependencies} = readJson(join(root, 'package.json'));
  if (isInstalled(project, dependencies)) {
    // All dependencies are there: only our own files can have changed.
    const own = join(project, 'node_modules', 'jest-runner-xdist');
    rmSync(own, {recursive: true, force: true});
    mkdirSync(own);
    execFileSync('tar', ['-xzf', from, '--strip-components=1', '-C', relative(project, own)], {cwd: project});
  } else {
    install(project, dependencies, ['--ignore-scripts', `.${sep}${from}`]);
  }
}

/** The same without our package, and with what the packages run when they are installed. */
export function installDependencies(project) {
  if (!isInstalled(project, {})) install(project, {}, []);
}

const stampFile = project => join(project, 'node_modules', '.xdist-stamp');

/** @param besides other dependencies than those of its package.json */
const wanted = (project, besides) =>
  createHash('sha1')
    .update(readFileSync(join(project, 'package.json')))
    .update(JSON.stringify(besides))
    .digest('hex');

const isInstalled = (project, besides) =>
  existsSync(stampFile(project)) && readFileSync(stampFile(project), 'utf8') === wanted(project, besides);

function install(project, besides, args) {
  console.log(`Installing the dependencies of ${relative(root, project)}`);
  rmSync(stampFile(project), {force: true}); // an install that is killed half-way is none
  npm(['install', '--no-save', '--loglevel=error', ...args], project);
  writeFileSync(stampFile(project), wanted(project, besides));
}
