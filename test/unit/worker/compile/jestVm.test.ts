import vm from 'node:vm';
import {KeptCode} from '../../../../src/worker/compile/keptCode';
import {vmFor} from '../../../../src/worker/compile/jestVm';

const FILE = '/project/src/module.js';
const PARAMETERS = ['module', 'exports', 'require', '__dirname', '__filename', 'jest'];
const importer = () => Promise.reject(new Error('nobody is to ask'));

type Body = (...values: unknown[]) => unknown;
type Compile = (source: string, realm: vm.Context, parameters?: string[], filename?: string) => Body;

/** Of two `vm`, what Jest 30 does with each; the caller has the same name, and so its place on a stack. */
function compileWith(module: typeof vm): Compile {
  return (source, parsingContext, parameters = PARAMETERS, filename = FILE) =>
    // As Jest does; and in one place, so that stacks differ by what is below it only.
    (0, module.compileFunction)(source, parameters, {
      filename,
      importModuleDynamically: importer as never,
      parsingContext,
    }) as Body;
}

function kept(options: {mayBeKept?: () => boolean} = {}) {
  const code = new KeptCode({disk: null});
  const find = jest.spyOn(code, 'find');
  const compile = compileWith(vmFor(code, options.mayBeKept ?? (() => true)));
  /** Whether the last one that was compiled was taken from what is kept. */
  const wasKept = () => find.mock.results.at(-1)?.value !== null;
  return {code, find, compile, wasKept};
}

/** What a module exports. */
function run(body: Body): Record<string, unknown> {
  const module = {exports: {}};
  Reflect.apply(body, module.exports, [module, module.exports]);
  return module.exports;
}

const realm = () => vm.createContext({console});

/** What a module exports when it is compiled by Node, and when it is kept. */
function both(source: string, expectKept = true): [stock: Record<string, unknown>, ours: Record<string, unknown>] {
  const {compile, wasKept} = kept();
  compile(source, realm());
  const ours = compile(source, realm());
  expect(wasKept()).toBe(expectKept);
  return [run(compileWith(vm)(source, realm())), run(ours)];
}

const STACK = `exports.stack = new Error('x').stack;`;

describe('what is kept stands where it stood', () => {
  test.each([
    ['on the first line', STACK],
    ['further right on it', `/* some words */ ${STACK}`],
    ['below', `\n\n  ${STACK}`],
    ['after CRLF', `const a = 1;\r\n  ${STACK}`],
    ['after U+2028', `const a = 1;\u2028  ${STACK}`],
    ['after U+2029', `const a = 1;\u2029  ${STACK}`],
    ['after a byte order mark', `\ufeff${STACK}`],
    ['in a function', `function f() {\n  ${STACK}\n}\nf();`],
    ['in a function on the first line', `function f() { ${STACK} } f();`],
    ['in code that was made of a text', `const a = 1;\nexports.stack = eval('new Error("x").stack');`],
    ['in a function that was made of a text', `\n  exports.stack = new Function('return new Error("x").stack')();`],
    ['in strict code', `'use strict'; ${STACK}`],
  ])('%s', (_where, source) => {
    const [stock, ours] = both(source);
    expect(top(ours.stack)).toEqual(top(stock.stack));
    expect(top(ours.stack)[1]).toMatch(/(module|another)\.js:\d+:\d+/);
  });

  const top = (stack: unknown) => String(stack).split('\n').slice(0, 3);

  test('and says the same of itself to who looks at a stack', () => {
    const source = `
      Error.prepareStackTrace = (_error, sites) => sites;
      const [site] = new Error('x').stack;
      exports.site = ['getTypeName', 'getFunctionName', 'getMethodName', 'getFileName', 'getLineNumber', 'getColumnNumber',
        'getEvalOrigin', 'isToplevel', 'isEval', 'isNative', 'isConstructor', 'isAsync', 'getScriptNameOrSourceURL']
        .map(name => [name, site[name]()]);`;
    const [stock, ours] = both(source);
    expect(ours.site).toEqual(stock.site);
  });
});

describe('what is kept does the same', () => {
  test.each([
    ['a comment at its end', `exports.value = 1; // the end`],
    ['an HTML comment at its end', `exports.value = 1;\n--> the end`],
    ['a return', `exports.value = 1; return; exports.value = 2;`],
    ['sloppy mode', `exports.value = (function () { return this === undefined })();`],
    ['strict mode', `'use strict'; exports.value = (function () { return this === undefined })();`],
    ['its this', `exports.value = this === exports;`],
    ['its arguments', `exports.value = [arguments.length, arguments[0] === module];`],
    ['a variable of a parameter', `var exports = exports; exports.value = typeof jest;`],
    ['an await that is a name', `var await = 1; exports.value = await;`],
    ['a function that prints itself', `function f( a ){ return a }\nexports.value = String(f);`],
  ])('%s', (_what, source) => {
    const [stock, ours] = both(source);
    expect(ours.value).toBeDefined();
    expect(ours.value).toEqual(stock.value);
  });

  test('its function is as Node makes it', () => {
    const {compile} = kept();
    compile('1', realm());
    const [ours, stock] = [compile('1', realm()), compileWith(vm)('1', realm())];
    const shape = (body: Body) => [body.name, body.length, Object.getOwnPropertyNames(body)];
    expect(shape(ours)).toEqual(shape(stock));
  });

  test('in the realm that it is compiled for', () => {
    const {compile} = kept();
    const realms = [realm(), realm(), realm()];
    const arrays = realms.map(each => run(compile('exports.made = []', each)).made);
    realms.forEach((each, index) => {
      const {Array: ArrayOfRealm} = vm.runInContext('({Array})', each) as {Array: ArrayConstructor};
      expect(arrays[index]).toBeInstanceOf(ArrayOfRealm);
    });
  });
});

describe('what would differ is compiled as ever', () => {
  test.each([
    ['a module that prints its own function', `exports.value = String(arguments.callee);`],
    ['by another way', `exports.value = String(arguments [ 'callee' ]);`],
    ['or one that calls it', `function f() { return f.caller }\nexports.value = String(f());`],
    ['that makes code on the first line', `exports.value = eval('new Error("x").stack').split('\\n')[1];`],
    ['that makes a function on it', `exports.value = Function('return new Error("x").stack')().split('\\n')[1];`],
    ['or by another way', `exports.value = (() => 1).constructor('return new Error("x").stack')().split('\\n')[1];`],
    ['that has another name', `exports.value = new Error('x').stack.split('\\n')[1];\n//# sourceURL=another.js`],
    ['that begins with #!', `#!/usr/bin/env node\nexports.value = 1;`],
    ['that begins with -->', `--> a comment\nexports.value = 1;`],
  ])('%s', (_what, source) => {
    const [stock, ours] = both(source, false);
    expect(stock.value).toBeDefined();
    expect(ours.value).toEqual(stock.value);
  });

  test('the strings of a template are new ones each time, in the same realm', () => {
    const source = 'const tag = strings => strings;\nexports.strings = () => tag`text`;';
    const differentOf = (compile: Compile) => {
      const one = realm();
      const strings = [one, one, one, realm(), one].map(each =>
        (run(compile(source, each)).strings as () => unknown)(),
      );
      return new Set(strings).size;
    };
    // Node 22 may find the function that it has made before.
    expect(differentOf(kept().compile)).toBeGreaterThanOrEqual(differentOf(compileWith(vm)));
  });

  test('but a module without templates is kept in the same realm, too', () => {
    const {compile, wasKept} = kept();
    const one = realm();
    compile('1', one);
    compile('1', one);
    expect(wasKept()).toBe(true);
    const script = compile('1', one);
    expect(script).not.toBe(compile('1', one));
  });
});

describe('a module is known by', () => {
  const changes: [string, [string, string[], string]][] = [
    ['its source', ['exports.a = 2;', PARAMETERS, FILE]],
    ['its parameters', ['exports.a = 1;', [...PARAMETERS, 'extra'], FILE]],
    ['its path', ['exports.a = 1;', PARAMETERS, '/another.js']],
  ];
  test.each(changes)('%s', (_what, [source, parameters, filename]) => {
    const {compile, wasKept} = kept();
    compile('exports.a = 1;', realm());
    const changed = compile(source, realm(), parameters, filename);
    expect(wasKept()).toBe(false);
    expect(changed).toHaveLength(parameters.length);
    compile(source, realm(), parameters, filename);
    expect(wasKept()).toBe(true);
    compile('exports.a = 1;', realm());
    expect(wasKept()).toBe(true);
  });
});

describe('a syntax error is as without us', () => {
  const thrownBy = (compile: Compile, source: string, limit?: number) => {
    const one = realm();
    if (limit !== undefined) vm.runInContext(`Error.stackTraceLimit = ${limit}`, one);
    try {
      compile(source, one);
    } catch (error) {
      expect(vm.runInContext('Error.stackTraceLimit', one)).toBe(limit ?? 10);
      return error as Error;
    }
    throw new Error('it was compiled');
  };
  const sources = [
    '})(function(){',
    '}',
    'a b',
    '\nlet a; let a;',
    'await 1',
    'import a from "a"',
    '}), (function () {',
  ];

  test.each(sources)('%s', source => {
    const {compile} = kept();
    for (let round = 0; round < 3; round++) {
      const [ours, stock] = [compile, compileWith(vm)].map(each => thrownBy(each, source));
      expect(ours?.message).toBe(stock?.message);
      expect(ours?.stack).toBe(stock?.stack);
    }
  });

  test.each([0, 1, 2, 3, 5, 100, -1, 2.5])('where so many frames are kept: %d', limit => {
    const [ours, stock] = [kept().compile, compileWith(vm)].map(each => thrownBy(each, 'a b', limit));
    expect(ours?.stack).toBe(stock?.stack);
  });

  test('where Error is frozen', () => {
    const one = realm();
    vm.runInContext('Object.freeze(Error)', one);
    expect(() => kept().compile('a b', one)).toThrow(/Unexpected identifier/);
  });
});

describe('Jest is left alone', () => {
  test('while somebody looks at scripts', () => {
    let mayBeKept = true;
    const {compile, find} = kept({mayBeKept: () => mayBeKept});
    compile('1', realm());
    mayBeKept = false;
    compile('1', realm());
    expect(find).toHaveBeenCalledTimes(1);
  });

  test.each([
    [{filename: FILE}],
    [{filename: FILE, parsingContext: realm(), importModuleDynamically: importer, cachedData: undefined}],
    [{filename: FILE, parsingContext: realm(), lineOffset: 1}],
    [undefined],
  ])('with options that it has not today: %#', options => {
    const {code, find} = kept();
    const body = vmFor(code, () => true).compileFunction('return 1', [], options);
    expect((body as Body)()).toBe(1);
    expect(find).not.toHaveBeenCalled();
  });

  test('where a test has put functions in the place of those of Node', () => {
    const {code, find} = kept();
    const ours = vmFor(code, () => true);
    const compile = jest.spyOn(vm, 'compileFunction').mockReturnValue(() => 'theirs');
    const script = jest.spyOn(vm, 'Script').mockImplementation((() => ({theirs: true})) as never);
    expect((ours.compileFunction('1') as Body)()).toBe('theirs');
    expect(new ours.Script('1')).toEqual({theirs: true});
    expect(find).not.toHaveBeenCalled();
    compile.mockRestore();
    script.mockRestore();
    expect(ours.compileFunction).not.toBe(vm.compileFunction);
  });

  test('what else there is in vm is that of Node', () => {
    const ours = vmFor(kept().code, () => true);
    expect(ours.createContext).toBe(vm.createContext);
    expect(ours.SourceTextModule).toBe(vm.SourceTextModule);
    expect('compileFunction' in ours).toBe(true);
  });
});

describe('what Jest 29 makes', () => {
  const WRAPPER = '({"Object.<anonymous>":function(module,exports,require,__dirname,__filename,jest){';

  function scriptsOf(module: typeof vm) {
    return (source: string, context: vm.Context, columnOffset?: number) => {
      const script = new module.Script(`${WRAPPER}${source}\n}});`, {
        columnOffset,
        displayErrors: true,
        filename: FILE,
        importModuleDynamically: importer,
      } as vm.ScriptOptions);
      const made = script.runInContext(context, {filename: FILE}) as Record<string, Body>;
      return made['Object.<anonymous>'] as Body;
    };
  }

  test.each([undefined, 0, -WRAPPER.length])('stands where it stood: columnOffset %p', offset => {
    const {code, wasKept} = kept();
    const ours = scriptsOf(vmFor(code, () => true));
    const source = `${STACK}\nexports.below = new Error('x').stack; exports.made = eval('new Error("x").stack');`;
    ours(source, realm(), offset);
    const body = ours(source, realm(), offset);
    expect(wasKept()).toBe(true);
    const [mine, stock] = [run(body), run(scriptsOf(vm)(source, realm(), offset))];
    for (const name of ['stack', 'below', 'made']) {
      expect(String(mine[name]).split('\n').slice(0, 3)).toEqual(String(stock[name]).split('\n').slice(0, 3));
    }
    ours(source, realm(), 7);
    expect(wasKept()).toBe(false);
  });

  test('throws its syntax errors', () => {
    const thrownBy = (scripts: ReturnType<typeof scriptsOf>) => {
      try {
        scripts('a b', realm());
      } catch (error) {
        return (error as Error).stack;
      }
      return null;
    };
    const all = [vmFor(kept().code, () => true), vm].map(each => thrownBy(scriptsOf(each)));
    expect(all[0]).toBe(all[1]);
  });

  test.each([[undefined], ['name.js'], [{filename: FILE}]])('nothing else is kept: %p', options => {
    const {code, find} = kept();
    const script = new (vmFor(code, () => true).Script)('1 + 1', options);
    expect(script).toBeInstanceOf(vm.Script);
    expect(find).not.toHaveBeenCalled();
  });
});
