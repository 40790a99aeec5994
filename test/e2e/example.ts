/** The files of examples/shared-fixtures, and the database that the example uses. */
import {execFileSync} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import type {Files} from './project';

export const EXAMPLE = join(__dirname, '..', '..', 'examples', 'shared-fixtures');

/** Without what is made of them: they are run from another folder. */
export function exampleFiles(): Files {
  const folders = ['src', 'fixtures', 'test'].flatMap(folder =>
    readdirSync(join(EXAMPLE, folder), {recursive: true, withFileTypes: true})
      .filter(entry => entry.isFile())
      .map(entry => relative(EXAMPLE, join(entry.parentPath, entry.name))),
  );
  return Object.fromEntries(
    ['package.json', 'jest.config.js', ...folders].map(path => [path, readFileSync(join(EXAMPLE, path), 'utf8')]),
  );
}

/** Whether the machine has a PostgreSQL that the example would use. */
export function hasPostgres(): boolean {
  try {
    for (const program of ['initdb', 'postgres']) execFileSync(program, ['--version'], {stdio: 'ignore'});
    if (process.getuid?.() === 0) execFileSync('id', ['postgres'], {stdio: 'ignore'});
    return true;
  } catch {
    return false;
  }
}
