/**
 * Our sources as JavaScript, for tests that start real processes: as they are now, not as they were last built.
 */
import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {ModuleKind, ScriptTarget, transpileModule, type CompilerOptions} from 'typescript';
import {temporaryFolder} from './run/temporaryFolder';

const SOURCES = join(__dirname, '../../src');

export function compile(source: string, options: CompilerOptions = {}): string {
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
