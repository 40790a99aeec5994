/**
 * Our sources as JavaScript, for tests that start real processes: as they are now, not as they were last built.
 */
import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {ModuleKind, ScriptTarget, transpileModule, type CompilerOptions} from 'typescript';
import {temporaryFolder} from './shell/temporaryFolder';

const SOURCES = join(__dirname, '../../src');

export function compile(source: string, options: CompilerOptions = {}): string {
  const compilerOptions = {module: ModuleKind.CommonJS, target: ScriptTarget.ES2022, esModuleInterop: true, ...options};
  return transpileModule(source, {compilerOptions, fileName: 'source.ts'}).outputText;
}

export type CompiledRing = 'worker' | 'compile' | 'fixtures' | 'shell' | 'realm';

/** @returns the folder of those rings' compiled modules, with one folder each, and of those that all may import */
export function compileRings(...rings: readonly CompiledRing[]): string {
  const folder = temporaryFolder();
  for (const ring of ['core', 'pristine', ...rings]) {
    mkdirSync(join(folder, ring));
    for (const name of readdirSync(join(SOURCES, ring))) {
      const source = readFileSync(join(SOURCES, ring, name), 'utf8');
      writeFileSync(join(folder, ring, name.replace(/ts$/, 'js')), compile(source));
    }
  }
  return folder;
}
