/** Checks that the README or docs mention every environment variable that changes what the runner does. */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

const root = join(__dirname, '../..');

/** The hooks of a stock run leave the first for its test files; commands start Jest with the others. */
const INTERNAL = new Set(['XDIST_FIXTURES_SOCKET', 'XDIST_REPLAY', 'XDIST_SHARD_PLAN_TO']);

test('each variable of ours that the source mentions is in the README or in docs', () => {
  const files = readdirSync(join(root, 'src'), {recursive: true, encoding: 'utf8'}).filter(name =>
    name.endsWith('.ts'),
  );
  const mentioned = files.flatMap(
    name => readFileSync(join(root, 'src', name), 'utf8').match(/\bXDIST_[A-Z]+(?:_[A-Z]+)*\b/g) ?? [],
  );
  const guides = readdirSync(join(root, 'docs')).filter(name => name.endsWith('.md'));
  const told = ['README.md', ...guides.map(name => join('docs', name))]
    .map(path => readFileSync(join(root, path), 'utf8'))
    .join('\n');
  const untold = mentioned.filter(name => !INTERNAL.has(name) && !told.includes(name));
  expect(mentioned).toContain('XDIST_NODE');
  expect([...new Set(untold)]).toEqual([]);
});
