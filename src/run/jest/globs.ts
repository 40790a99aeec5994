/** Matches the globs in options as Jest matches `testMatch`. */
import {posix} from 'node:path';
import type {RunningJest} from './runningJest';

/** Matches whole paths. A glob that starts with neither `**` nor an absolute path is relative to rootDir. */
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
  // A folder's name may contain special characters of globs.
  const root = rootDir.replaceAll('\\', '/').replace(/[$()*+?[\]^{|}!]/g, '\\$&');
  return not + posix.join(root, pattern.replace(/^<rootDir>\//, ''));
}
