/** Compiles our current sources to JavaScript, for tests that start real processes. `dist` may be older. */
import {createHash} from 'node:crypto';
import {mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import type * as TypeScript from 'typescript';
import {temporaryFolder} from './run/temporaryFolder';

const SOURCES = join(__dirname, '../../src');

const {version} = require('typescript/package.json') as {readonly version: string};

/** What texts have been compiled to: TypeScript takes seconds for a ring, in each test file that needs one. */
const COMPILED = join(__dirname, '../../node_modules/.cache/compiled-sources');

export function compile(source: string, options: TypeScript.CompilerOptions = {}): string {
  const key = createHash('sha256')
    .update(JSON.stringify([version, options, source]))
    .digest('hex');
  const path = join(COMPILED, `${key}.js`);
  try {
    return readFileSync(path, 'utf8');
  } catch {
    const text = transpile(source, options);
    mkdirSync(COMPILED, {recursive: true});
    // In one step: other workers compile the same.
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, text);
    renameSync(draft, path);
    return text;
  }
}

function transpile(source: string, options: TypeScript.CompilerOptions): string {
  const {ModuleKind, ScriptTarget, transpileModule} = require('typescript') as typeof TypeScript;
  const compilerOptions = {module: ModuleKind.CommonJS, target: ScriptTarget.ES2022, esModuleInterop: true, ...options};
  return transpileModule(source, {compilerOptions, fileName: 'source.ts'}).outputText;
}

export type CompiledRing = 'worker' | 'fixtures' | 'run' | 'realm';

/** @returns the folder of those rings' compiled modules, with one folder each, and of those that all may import */
export function compileRings(...rings: readonly CompiledRing[]): string {
  const folder = temporaryFolder();
  for (const ring of ['core', 'pristine', ...rings]) {
    for (const name of readdirSync(join(SOURCES, ring), {recursive: true, encoding: 'utf8'})) {
      if (!name.endsWith('.ts')) continue;
      const target = join(folder, ring, name.replace(/ts$/, 'js'));
      mkdirSync(dirname(target), {recursive: true});
      writeFileSync(target, compile(readFileSync(join(SOURCES, ring, name), 'utf8')));
    }
  }
  return folder;
}
