/** Globs in options, read as Jest reads `testMatch`. */
import {posix} from 'node:path';
import type {RunningJest} from './runningJest';

/** On the whole path; what begins with neither `**` nor a folder's full path is in rootDir. */
export function globMatcher(
  globs: readonly string[],
  rootDir: string,
  jest: Pick<RunningJest, 'globMatcher'>,
): (path: string) => boolean {
  if (globs.length === 0) return () => false;
  const matches = jest.globMatcher(globs.map(glob => absoluteGlob(glob, rootDir)));
  return path => matches(path.replaceAll('\\', '/'));
}

function absoluteGlob(glob: string, rootDir: string): string {
  const [, not = '', pattern = ''] = /^(!?)(.*)$/s.exec(glob) ?? [];
  if (pattern.startsWith('**') || posix.isAbsolute(pattern)) return glob;
  // A folder's name may have characters that mean something in a glob.
  const root = rootDir.replaceAll('\\', '/').replace(/[$()*+?[\]^{|}!]/g, '\\$&');
  return not + posix.join(root, pattern.replace(/^<rootDir>\//, ''));
}
