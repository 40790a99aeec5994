import {dirname, join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {scriptPath, SourcePlaces} from '../../../../src/worker/guard/sourcePlaces';
import {compile} from '../../compiledSources';

const PATH = '/app/src/a b.test.ts';

/** Its third line becomes the code's first. */
const SOURCE = `interface Gone {
}
export function spin(): void { for (;;) { } }
`;

/** SOURCE compiled, with a source map in which these fields are as given. */
function compiled(fields: object = {}, encode: 'base64' | 'percent' = 'base64'): string {
  const code = compile(SOURCE, {inlineSourceMap: true});
  const [, base64 = ''] = /base64,(\S+)/.exec(code) ?? [];
  const json = JSON.stringify({
    ...(JSON.parse(Buffer.from(base64, 'base64').toString()) as object),
    sources: ['a b.test.ts'],
    ...fields,
  });
  const url =
    encode === 'base64'
      ? `data:application/json;charset=utf-8;base64,${Buffer.from(json).toString('base64')}`
      : `data:application/json,${encodeURIComponent(json)}`;
  return code.replace(/sourceMappingURL=\S+/, `sourceMappingURL=${url}`);
}

/** Where `for` is, in the code and, from there, in its source. */
function places(code: string): {generated: object; original: object} {
  const lines = code.split('\n');
  const line = lines.findIndex(text => text.includes('for (;;)'));
  const column = lines[line]?.indexOf('for (;;)') ?? -1;
  return {generated: {path: PATH, line, column}, original: new SourcePlaces(PATH, code).original(line, column)};
}

const inSource = {path: PATH, line: 2, column: SOURCE.split('\n')[2]?.indexOf('for (;;)')};

test.each<[string, string]>([
  ['in base64', compiled()],
  ['in percents', compiled({}, 'percent')],
  ['that is not the last thing in the code', `${compiled()}\n}});`],
])('a place is found in the source by a source map %s', (_what, code) => {
  const {generated, original} = places(code);
  expect(generated).not.toEqual(inSource); // or the test would say nothing
  expect(original).toEqual(inSource);
});

test.each<[string, object, string]>([
  ['by its name alone', {sources: ['a b.test.ts']}, PATH],
  ['by a relative path', {sources: ['../lib/#1.ts']}, '/app/lib/#1.ts'],
  ['by a path', {sources: ['/else/where.ts'], sourceRoot: '/root'}, '/else/where.ts'],
  ['by a file: URL', {sources: ['file:///else/a%20b.ts'], sourceRoot: '/root'}, '/else/a b.ts'],
  ['below a root', {sources: ['x.ts'], sourceRoot: '/root/'}, '/root/x.ts'],
  ['below a relative root', {sources: ['x.ts'], sourceRoot: '../lib'}, '/app/lib/x.ts'],
  ['below the URL of a root', {sources: ['x.ts'], sourceRoot: 'file:///root'}, '/root/x.ts'],
])('the source may be named %s', (_what, fields, path) => {
  expect(places(compiled(fields)).original).toEqual({...inSource, path});
});

test.each<[string, string]>([
  ['has no source map', compile(SOURCE)],
  ['has one elsewhere', compiled().replace(/sourceMappingURL=\S+/, 'sourceMappingURL=a.js.map')],
  ['has one that is not JSON', compiled().replace(/base64,\S+/, 'base64,AAAA')],
  ['has one without mappings', compiled({mappings: undefined})],
  ['has one that maps nothing', compiled({mappings: ''})],
  ['was made from something that is not a file', compiled({sources: ['webpack://app/a.ts']})],
  ['only talks of source maps', `${compile(SOURCE)}\nconst text = 'sourceMappingURL=data:application/json,{}';`],
])('a place in code that %s is that in the code', (_what, code) => {
  const {generated, original} = places(code);
  expect(original).toEqual(generated);
});

test('a place before the first mapping is that in the code', () => {
  const places = new SourcePlaces(PATH, compiled({mappings: ';;AAAA'}));
  expect(places.original(0, 0)).toEqual({path: PATH, line: 0, column: 0});
});

test('a script is known by its path, however V8 names it', () => {
  expect(scriptPath(__filename)).toBe(__filename);
  expect(scriptPath(pathToFileURL(join(dirname(__filename), 'a b#.mjs')).href)).toBe(
    join(dirname(__filename), 'a b#.mjs'),
  );
  expect(scriptPath('evalmachine.<anonymous>')).toBe('evalmachine.<anonymous>');
  expect(scriptPath('')).toBe('<anonymous>');
});
