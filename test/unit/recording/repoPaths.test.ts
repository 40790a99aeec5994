import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, sep} from 'node:path';
import fc, {cases} from '../../random';
import {findRoot, isRepoPath, RepoPaths} from '../../../src/recording/repoPaths';

test.each(['', 'a', 'a/b.test.js', 'a b/ü', '...', '.git/x', 'a..b', '-rf', '@scope/a', 'con', '__proto__'])(
  '%j is a path below the root',
  path => expect(isRepoPath(path)).toBe(true),
);

test.each([
  '..',
  '../a',
  'a/../../b',
  'a/..',
  './a',
  'a/./b',
  '/',
  '/etc/passwd',
  'a//b',
  'a/',
  'a\\b',
  '..\\a',
  'C:',
  'C:/a',
  'c:\\a',
  '\\\\host\\share',
  '//host/share',
  'a\0b',
])('%j is no path below the root', path => {
  expect(isRepoPath(path)).toBe(false);
  expect(() => new RepoPaths('/root').fromRecorded(path)).toThrow(
    `the path ${JSON.stringify(path)} leaves the repository`,
  );
});

test('no text leads out of the root', () => {
  const part = fc.oneof(fc.string({maxLength: 4}), fc.constantFrom('..', '.', '', 'a', 'C:', '\\', '\0'));
  fc.assert(
    fc.property(fc.array(part, {maxLength: 5}), parts => {
      const paths = new RepoPaths(join(sep, 'r', 'root'));
      const recorded = parts.join('/');
      if (!isRepoPath(recorded)) return;
      const path = paths.fromRecorded(recorded);
      expect(path === paths.root || path.startsWith(`${paths.root}${sep}`)).toBe(true);
      expect(paths.toRecorded(path)).toBe(recorded);
    }),
    {numRuns: cases(500)},
  );
});

test('a path is the same one in another checkout', () => {
  const [here, there] = [new RepoPaths('/home/a/repo'), new RepoPaths('/ci/b')];
  expect(here.toRecorded('/home/a/repo/x/y.js')).toBe('x/y.js');
  expect(there.fromRecorded('x/y.js')).toBe(join('/ci/b', 'x', 'y.js'));
  expect(here.toRecorded('/home/a/repo')).toBe('');
  expect(there.fromRecorded('')).toBe('/ci/b');
  for (const path of ['/home/a/repository/x', '/home/a', 'x/y.js', '']) expect(here.toRecorded(path)).toBeNull();
});

test('frames of a stack name the root of the reader, and all other lines stay', () => {
  const [here, there] = [new RepoPaths('/home/a/repo'), new RepoPaths('/ci/b')];
  const stack = [
    'Error: expected /home/a/repo/x.js to be there',
    '    at Object.<anonymous> (/home/a/repo/src/x.test.js:3:5)',
    '    at /home/a/repo/y.js:1:2',
    '    at async Promise.all (index 0)',
    '    at other (/home/a/repository/z.js:1:1)',
    'at /home/a/repo is no frame',
  ].join('\n');
  const recorded = here.framesToRecorded(stack);
  expect(recorded.split('\n')).toEqual([
    'Error: expected /home/a/repo/x.js to be there',
    '    at Object.<anonymous> (<root>/src/x.test.js:3:5)',
    '    at <root>/y.js:1:2',
    '    at async Promise.all (index 0)',
    '    at other (/home/a/repository/z.js:1:1)',
    'at /home/a/repo is no frame',
  ]);
  expect(here.framesFromRecorded(recorded)).toBe(stack);
  expect(there.framesFromRecorded(recorded)).toContain(`    at /ci/b${sep}y.js:1:2`);
  expect(there.framesFromRecorded('<root>/ in a text')).toBe('<root>/ in a text');
});

test('the root is that of the repository, or contains all paths', () => {
  const folder = mkdtempSync(join(tmpdir(), 'xdist-root-'));
  try {
    const repository = join(folder, 'repo');
    const inside = join(repository, 'packages', 'a');
    mkdirSync(inside, {recursive: true});
    expect(findRoot(inside, [])).toBe(inside);
    expect(findRoot(inside, [join(repository, 'packages', 'b', 'x.js')])).toBe(join(repository, 'packages'));
    mkdirSync(join(repository, '.git'));
    expect(findRoot(inside, [])).toBe(repository);
    expect(findRoot(inside, [join(inside, 'x.js')])).toBe(repository);
    expect(findRoot(inside, [join(folder, 'elsewhere', 'x.js')])).toBe(folder);
  } finally {
    rmSync(folder, {recursive: true});
  }
});
