/**
 * Node's `fs` as it was when this process began. Test files share the module with us and may leave mocks in it, so what
 * runs beside them takes its functions from here. (An import from `node:fs` reads the function anew at each call.)
 */
import fs from 'node:fs';

/**
 * Without functions that call other functions by their public names, because those could be mocks. `readFileSync` does
 * that unless it reads a text (see compile/wholeFile).
 */
export const {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} = fs;

const {readFileSync, writeFileSync} = fs;

/** Whether a test has replaced a function that Node's `readFileSync` calls. */
export function isReadingMocked(): boolean {
  return fs.openSync !== openSync || fs.readSync !== readSync || fs.closeSync !== closeSync;
}

export function readText(path: string): string {
  return readFileSync(path, 'utf8');
}

export function writeText(path: string, text: string): void {
  writeFileSync(path, text);
}
