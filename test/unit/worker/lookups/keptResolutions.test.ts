import {keepResolutions} from '../../../../src/worker/lookups/keptResolutions';

interface Options {
  readonly moduleNameMapper?: unknown;
  readonly resolver?: unknown;
}

/** A jest-runtime of its own class, as no class is changed twice; `asked` says what its resolver was asked. */
function jest(line: 'before 30.4' | 'from 30.4 on') {
  const asked: string[] = [];
  const files = new Map([['./a', '/src/a.js']]);
  const resolverOf = (_options: Options = {}) => ({
    _options,
    resolveModule(from: string, to: string): string {
      asked.push(`${from} ${to}`);
      const path = files.get(to);
      if (path === undefined) throw new Error(`Cannot find module '${to}'`);
      return path;
    },
  });
  type Resolver = ReturnType<typeof resolverOf>;
  class Resolution {
    constructor(
      readonly resolver: Resolver,
      readonly cjsConditions: readonly string[],
    ) {}
    resolveCjs(from: string, to?: string): string {
      return to ? this.resolver.resolveModule(from, to) : from;
    }
  }
  class OldRuntime {
    constructor(
      readonly _resolver: Resolver,
      readonly cjsConditions: readonly string[],
    ) {}
    _resolveCjsModule(from: string, to?: string): string {
      return to ? this._resolver.resolveModule(from, to) : from;
    }
  }
  /** The runtime of one more test file: how it resolves a module. */
  const file = (resolver: Resolver, conditions = ['require']) => {
    if (line === 'from 30.4 on') {
      const _resolution = new Resolution(resolver, conditions);
      keepResolutions({_resolution}, '/t/test.js');
      return (from: string, to?: string) => _resolution.resolveCjs(from, to);
    }
    const runtime = new OldRuntime(resolver, conditions);
    keepResolutions(runtime, '/t/test.js');
    return (from: string, to?: string) => runtime._resolveCjsModule(from, to);
  };
  return {asked, files, resolverOf, file};
}

describe.each(['before 30.4', 'from 30.4 on'] as const)('Jest %s', line => {
  test('what one file has found, the next finds without asking', () => {
    const {asked, resolverOf, file} = jest(line);
    const resolver = resolverOf();
    expect([file(resolver)('/t/1.js', './a'), file(resolver)('/t/1.js', './a')]).toEqual(['/src/a.js', '/src/a.js']);
    expect(asked).toEqual(['/t/1.js ./a']);
  });

  test('another asker, conditions or resolver is another question', () => {
    const {asked, resolverOf, file} = jest(line);
    const resolver = resolverOf();
    file(resolver)('/t/1.js', './a');
    file(resolver)('/t/2.js', './a');
    file(resolver, ['require', 'browser'])('/t/1.js', './a');
    file(resolverOf())('/t/1.js', './a');
    expect(asked).toHaveLength(4);
  });

  test('what was not found is looked for again, and fails in the same words and frames', () => {
    const {asked, files, resolverOf, file} = jest(line);
    const resolver = resolverOf();
    let stack: string | undefined = '';
    try {
      file(resolver)('/t/1.js', './b');
    } catch (error) {
      ({stack} = error as Error);
    }
    expect(stack).toMatch(/^Error: Cannot find module '.\/b'/);
    expect(stack).not.toMatch(/keptResolutions\.ts|ownFrame/);
    files.set('./b', '/src/b.js');
    const before = asked.length;
    expect(file(resolver)('/t/1.js', './b')).toBe('/src/b.js');
    expect(asked).toHaveLength(before + 1);
  });

  test("a resolver of the user's is asked each time for names that may be mapped", () => {
    const {asked, resolverOf, file} = jest(line);
    const resolver = resolverOf({moduleNameMapper: [{regex: /^x/}], resolver: '/resolver.js'});
    file(resolver)('/t/1.js', './a');
    file(resolver)('/t/1.js', './a');
    expect(asked).toHaveLength(2);
  });

  test('what the test file itself asks for is not kept', () => {
    const {asked, resolverOf, file} = jest(line);
    const resolver = resolverOf();
    file(resolver)('/t/test.js', './a');
    file(resolver)('/t/test.js', './a');
    expect(asked).toHaveLength(2);
  });

  test('no name is who asks', () => {
    const {resolverOf, file} = jest(line);
    expect(file(resolverOf())('/t/1.js')).toBe('/t/1.js');
  });
});

test('a runtime of another shape is left alone', () => {
  class Runtime {
    readonly cjsConditions = 'require';
    resolveCjs(): string {
      return '/a.js';
    }
  }
  const runtime = new Runtime();
  const before = Object.getOwnPropertyDescriptor(Runtime.prototype, 'resolveCjs')?.value as unknown;
  keepResolutions(runtime, '/t/test.js');
  keepResolutions(null, '/t/test.js');
  expect(Object.getOwnPropertyDescriptor(Runtime.prototype, 'resolveCjs')?.value).toBe(before);
});
