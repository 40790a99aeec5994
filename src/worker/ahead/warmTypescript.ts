/**
 * Makes TypeScript check and translate two small files in memory. V8 compiles a function at its first call, and
 * compiling TypeScript's functions is much of what a first test file waits for. Only V8's compiled code remains.
 */
import type * as TypeScript from 'typescript';

const TYPESCRIPT = /[\\/]node_modules[\\/]typescript[\\/]lib[\\/]typescript\.js$/;

const FILES: Readonly<Record<string, string>> = {
  '/xdist/one.ts': 'export const one = 1;',
  '/xdist/two.ts': `
    import {one} from './one';
    export interface Item { readonly price: number }
    export const total = (items: readonly Item[]): number => items.reduce((sum, {price}) => sum + price, one);
    class Box<T> {
      constructor(private readonly content: T) {}
      open(): T { return this.content; }
    }
    total([{price: new Box(2).open()}]);`,
};

/** @param modules the paths of the modules that were loaded ahead */
export function warmTypescript(modules: readonly string[]): void {
  const path = modules.find(module => TYPESCRIPT.test(module));
  if (path === undefined) return;
  try {
    compile(require(path) as typeof TypeScript);
  } catch {
    // A TypeScript without this API or without its libraries stays cold.
  }
}

function compile(typescript: typeof TypeScript): void {
  const {ModuleKind, ScriptSnapshot, ScriptTarget, sys} = typescript;
  const readFile = (name: string) => FILES[name] ?? sys.readFile(name);
  const service = typescript.createLanguageService({
    fileExists: name => name in FILES || sys.fileExists(name),
    getCompilationSettings: () => ({
      module: ModuleKind.CommonJS,
      strict: true,
      target: ScriptTarget.ES2022,
      types: [],
    }),
    getCurrentDirectory: () => '/xdist',
    getDefaultLibFileName: options => typescript.getDefaultLibFilePath(options),
    getScriptFileNames: () => Object.keys(FILES),
    getScriptSnapshot: name => {
      const text = readFile(name);
      return text === undefined ? undefined : ScriptSnapshot.fromString(text);
    },
    getScriptVersion: () => '1',
    readFile,
  });
  for (const name of Object.keys(FILES)) {
    service.getSyntacticDiagnostics(name);
    service.getSemanticDiagnostics(name);
    service.getEmitOutput(name);
  }
  service.dispose();
}
