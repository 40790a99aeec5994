/**
 * `npx jiti bench/dominatingSuite.ts <folder>` writes the suite of the trace `dominating`, for Jest to run. One file
 * takes longer than all others together. Some of its describe blocks belong to a group, and some have their own hooks.
 * Some of the small files have constraints.
 */
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {seeded} from '../test/seeded';
import type {Files} from './turns';

const BLOCKS = 24;
const SMALL_FILES = 24;
/** The pragmas of the small files, which the files take in turn. undefined: no pragma. */
const PRAGMAS = ['@worker-group reports', '@resource printer', undefined, '@resource printer', undefined, undefined];
const GROUPS = ['carts', 'orders', 'stock'];

function suite(): Files {
  const random = seeded(24);
  /** Durations with a Pareto(1.5) distribution, in ms: most are short, a few are long. */
  const wait = () => Math.min(4000, Math.round(40 * (1 - random()) ** (-1 / 1.5)));
  const tests = (count: number) =>
    Array.from(
      {length: count},
      (_, index) => `test('waits ${index}', () => new Promise(done => setTimeout(done, ${wait()})));\n`,
    ).join('');
  const block = (index: number) => {
    const group = index % 2 === 0 ? ` @group:${GROUPS[(index / 2) % GROUPS.length]}` : '';
    const hooks = index % 8 === 3 ? 'beforeAll(() => {});\n' : '';
    return `describe('block ${index}${group}', () => {\n${hooks}${tests(4 + Math.floor(random() * 14))}});\n`;
  };
  const small = (index: number) => {
    const pragma = index === 0 ? '@serial' : PRAGMAS[index % PRAGMAS.length];
    return `${pragma === undefined ? '' : `/** ${pragma} */\n`}${tests(1 + Math.floor(random() * 8))}`;
  };
  return {
    'package.json': '{"name": "dominating"}',
    'jest.config.json': '{"transform": {}}',
    'long.test.js': Array.from({length: BLOCKS}, (_, index) => block(index)).join('') + tests(20),
    ...Object.fromEntries(Array.from({length: SMALL_FILES}, (_, index) => [`small${index}.test.js`, small(index)])),
  };
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name a folder: npx jiti bench/dominatingSuite.ts /tmp/dominating');
mkdirSync(folder, {recursive: true});
for (const [name, text] of Object.entries(suite())) writeFileSync(join(folder, name), text);
