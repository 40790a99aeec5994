/**
 * Generates random test files: their definitions and their source. No hook or test depends on which other tests of its
 * file have run before, because tests in a file that may be split must not.
 */
import fc from 'fast-check';
import type {Granularity} from '../../src/core/plan/units';
import type {JestLine} from './project';

export interface Suite {
  readonly granularity: Granularity;
  /** Whether an environment of the user's own listens to the events of tests. */
  readonly environment: boolean;
  readonly retry: {readonly times: number; readonly options: string} | null;
  readonly logsOnLoad: boolean;
  readonly root: Pick<Block, 'hooks' | 'children'>;
}

export interface Block {
  readonly type: 'block';
  readonly title: string;
  readonly mode: '' | '.skip' | '.only';
  readonly each: boolean;
  /** jest.retryTimes with entireDescribe, new in 30.5. */
  readonly retries: number;
  readonly hooks: readonly Hook[];
  readonly children: readonly (Block | Test)[];
}

export interface Hook {
  readonly kind: 'beforeAll' | 'beforeEach' | 'afterEach' | 'afterAll';
  readonly does: 'nothing' | 'waits' | 'throws' | 'expects' | 'logs' | 'matches a snapshot';
}

export interface Test {
  readonly type: 'test';
  readonly title: string;
  readonly form: string;
  readonly style: 'sync' | 'async' | 'promise' | 'done';
  readonly statements: readonly Statement[];
  readonly failsFirst: number;
}

type Statement =
  | {readonly type: 'code'; readonly code: string}
  | {
      readonly type: 'snapshot';
      readonly hint: string;
      readonly value: number;
      /** What an earlier run has left of it. */
      readonly before: 'same' | 'other' | 'none';
    };

export interface SuiteOptions {
  readonly line: JestLine;
  /** For a run of the real command, whose output is compared as it is: some tests take a while, none prints. */
  readonly forCommand?: boolean;
}

const TITLES = ['a', 'b', 'a b', 'c › d', 'e', 'f'];

const FORMS = [
  ...['', '', '', '', '', '', '.skip', '.only', '.failing', '.each', '.concurrent'],
  ...['.skip.each', '.only.each', '.failing.each', '.only.failing', '.skip.failing', '.todo'],
  ...['.concurrent.each', '.concurrent.only', '.concurrent.skip', '.concurrent.failing'],
];

const CODE = [
  'expect(1).toBe(1);',
  'expect({a: [1]}).toEqual({a: [1]});',
  'expect(1).toMatchInlineSnapshot(`1`);',
  'expect.hasAssertions();',
];
const FAILURES = [
  "throw new Error('thrown');",
  "throw 'a text';",
  'throw null;',
  "throw new Error('looks like a title\\n  ● a\\n\\n    and goes on');",
  'expect({a: 1, b: [2]}).toEqual({a: 1, b: [3]});',
  'expect.assertions(3);',
];

export function suites({line, forCommand = false}: SuiteOptions): fc.Arbitrary<Suite> {
  const title = fc.constantFrom(...TITLES);
  const code = (list: readonly string[]) => fc.constantFrom(...list).map(text => ({type: 'code', code: text}) as const);
  const snapshot = fc.record({
    type: fc.constant('snapshot' as const),
    hint: fc.constantFrom('', '', "'hint'", "{n: expect.any(Number)}, 'typed'"),
    value: fc.nat(3),
    before: fc.constantFrom('same' as const, 'same' as const, 'other' as const, 'none' as const),
  });
  const statement = fc.oneof(
    // With these in it, a file may be split only where Jest writes none.
    {weight: 4, arbitrary: code(CODE.filter(text => !(forCommand && text.includes('Inline'))))},
    {weight: 4, arbitrary: snapshot},
    {weight: 2, arbitrary: code(FAILURES)},
    {weight: 2, arbitrary: code([forCommand ? 'WAIT' : 'LOG'])},
  );
  const test: fc.Arbitrary<Test> = fc.record({
    type: fc.constant('test' as const),
    title,
    // Few are focused: else hardly any other test would run.
    form: fc.oneof(
      {weight: 8, arbitrary: fc.constantFrom(...FORMS.filter(form => !form.includes('only')))},
      {weight: 1, arbitrary: fc.constantFrom(...FORMS)},
    ),
    style: fc.constantFrom('sync' as const, 'async' as const, 'promise' as const, 'done' as const),
    statements: fc.array(statement, {maxLength: 3}),
    failsFirst: fc.constantFrom(0, 0, 1, 2),
  });
  const hook: fc.Arbitrary<Hook> = fc.record({
    kind: fc.constantFrom('beforeAll' as const, 'beforeEach' as const, 'afterEach' as const, 'afterAll' as const),
    does: fc.constantFrom(
      ...(['nothing', 'nothing', 'waits', 'waits', 'expects', 'logs', 'matches a snapshot', 'throws'] as const),
    ),
  });
  const hooks = fc.oneof(
    {weight: 1, arbitrary: fc.constant([])},
    {weight: 1, arbitrary: fc.array(hook, {minLength: 1, maxLength: 3})},
  );
  const children = (depth: number): fc.Arbitrary<(Block | Test)[]> =>
    fc.array(depth === 0 ? test : fc.oneof({weight: 3, arbitrary: test}, {weight: 2, arbitrary: block(depth - 1)}), {
      minLength: depth === MAX_DEPTH ? 2 : 1,
      maxLength: depth === MAX_DEPTH ? 7 : 4,
    });
  const block = (depth: number): fc.Arbitrary<Block> =>
    fc.record({
      type: fc.constant('block' as const),
      title,
      mode: fc.oneof(
        {weight: 12, arbitrary: fc.constant('' as const)},
        {weight: 1, arbitrary: fc.constantFrom('.skip' as const, '.only' as const)},
      ),
      each: fc.oneof({weight: 5, arbitrary: fc.constant(false)}, {weight: 1, arbitrary: fc.constant(true)}),
      retries:
        line === '29'
          ? fc.constant(0)
          : fc.oneof({weight: 4, arbitrary: fc.constant(0)}, {weight: 1, arbitrary: fc.constantFrom(1, 2)}),
      hooks,
      children: children(depth),
    });
  return fc
    .record({
      granularity: fc.constantFrom<Granularity>('tests', 'each'),
      environment: fc.boolean(),
      retry: sometimes(
        fc.record({
          times: fc.constantFrom(1, 2),
          options: fc.constantFrom('', ', {logErrorsBeforeRetry: true}', ', {retryImmediately: true}'),
        }),
      ),
      logsOnLoad: forCommand ? fc.constant(false) : fc.boolean(),
      root: fc.record({hooks, children: children(MAX_DEPTH)}),
    })
    .map(suite => sound(suite, line, forCommand));
}

/** Mostly null. */
export function sometimes<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({weight: 3, arbitrary: fc.constant(null)}, {weight: 1, arbitrary});
}

const MAX_DEPTH = 3;

/** Without what depends on the other tests, or differs without a split, too. */
function sound(suite: Suite, line: JestLine, forCommand: boolean): Suite {
  let afterAllThrows = false;
  const hook = (one: Hook, isRoot: boolean, isRepeated: boolean): Hook => {
    const {kind, does} = one;
    const isAll = kind === 'beforeAll' || kind === 'afterAll';
    if (forCommand && does === 'logs') return {kind, does: 'nothing'};
    // One of these is told once for each worker that runs it.
    if (isAll && does === 'logs' && (isRoot || suite.granularity === 'each')) return {kind, does: 'nothing'};
    // There is no current test, or it is an earlier one.
    if (isAll && (does === 'matches a snapshot' || does === 'expects')) return {kind, does: 'nothing'};
    // Tests of the block that are skipped are told to have failed, too: in the file's first worker, if that runs the hook.
    if (kind === 'beforeAll' && does === 'throws' && !isRoot && suite.granularity === 'each')
      return {kind, does: 'nothing'};
    // Several of them are told in the order of the workers.
    if (kind === 'afterAll' && does === 'throws') {
      if (afterAllThrows || isRepeated) return {kind, does: 'nothing'};
      afterAllThrows = true;
    }
    // SnapshotState.clear() of 29.7, at each retry, forgets the figures of all of the file's snapshots: of
    // other tests, too. Those of tests that ran elsewhere it cannot reach.
    if (does === 'matches a snapshot' && line === '29' && suite.retry !== null) return {kind, does: 'nothing'};
    return one;
  };
  const statement = (one: Statement, test: Test): boolean => {
    const isSnapshot = one.type === 'snapshot' || one.code.includes('Snapshot');
    if (isSnapshot && line === '29' && suite.retry !== null) return false; // as above
    if (!test.form.startsWith('.concurrent')) return true;
    // What concurrent tests assert is counted for whichever ends next; with 29.7, which starts all of the file's at
    // its top, that may be any test.
    // Whether a test is `failing` is known of the one that began last only, be it one that is skipped.
    const inDoubt = line === '29' || forCommand || test.form.includes('failing');
    if (inDoubt) return !isSnapshot && !(one.type === 'code' && one.code.includes('expect'));
    return isSnapshot || !/expect\.|toEqual/.test(one.type === 'code' ? one.code : '');
  };
  const child = (one: Block | Test, isRepeated = false): Block | Test => {
    if (one.type === 'block') {
      const isInnerRepeated = isRepeated || one.each;
      return {
        ...one,
        hooks: one.hooks.map(inner => hook(inner, false, isInnerRepeated)),
        children: one.children.map(inner => child(inner, isInnerRepeated)),
      };
    }
    const concurrent = one.form.startsWith('.concurrent');
    const style = concurrent ? 'async' : one.form.includes('each') && one.style === 'done' ? 'sync' : one.style;
    const title = concurrent ? `${one.title} concurrent` : one.title;
    return {...one, title, style, statements: one.statements.filter(inner => statement(inner, one))};
  };
  const {hooks, children} = suite.root;
  return {...suite, root: {hooks: hooks.map(one => hook(one, true, false)), children: children.map(one => child(one))}};
}

export interface PrintOptions {
  /** As it was before: all tests run, none fails, and they leave snapshots. */
  readonly earlier?: boolean;
  /** Writes a line per hook and test to `<file>.probe`. */
  readonly probes?: boolean;
  /** `@can-split`, for the real command. */
  readonly pragma?: boolean;
  /** Whether no snapshot can fail: one that fails is told of whichever test ends next of those that run at a time. */
  readonly snapshotsPass?: boolean;
}

export function print(suite: Suite, options: PrintOptions = {}): string {
  const {earlier = false} = options;
  const pragmas = [
    ...(options.pragma ? [`@can-split${suite.granularity === 'each' ? ' each' : ''}`] : []),
    ...(suite.environment && options.probes ? ['@jest-environment ./environment.js'] : []),
  ];
  const lines = pragmas.length > 0 ? ['/**', ...pragmas.map(pragma => ` * ${pragma}`), ' */'] : [];
  lines.push(
    options.probes
      ? "const probe = (...words) => require('fs').appendFileSync(`${__filename}.probe`, `${words.join(' ')}\\n`);"
      : 'const probe = () => {};',
    'const current = () => expect.getState().currentTestName;',
    'const tries = {};',
    'const failFirst = (id, times) => { tries[id] = (tries[id] ?? 0) + 1; if (tries[id] <= times) throw new Error(`try ${tries[id]} of ${id}`); };',
    'const pause = ms => new Promise(resolve => setTimeout(resolve, ms));',
  );
  if (suite.retry !== null && !earlier) lines.push(`jest.retryTimes(${suite.retry.times}${suite.retry.options});`);
  if (suite.logsOnLoad) lines.push("console.warn('loaded');");
  let counter = 0;

  const hook = ({kind, does}: Hook, block: string): string => {
    const all = kind === 'beforeAll' || kind === 'afterAll';
    const marks = all ? `probe('${kind}', ${block});` : `probe('${kind}', ${block}, current());`;
    const what = {
      nothing: '',
      waits: 'await pause(1);',
      throws: earlier ? '' : `throw new Error('in ${kind} of ' + ${block});`,
      expects: 'expect(1).toBe(1);',
      logs: `console.log('${kind} of ' + ${block}${all ? '' : ' ' + '+ current()'});`,
      'matches a snapshot': `expect('${kind}').toMatchSnapshot();`,
    }[does];
    return `${kind}(async () => { ${marks} ${what} });`;
  };

  const statement = (one: Statement, id: string, test: Test): string => {
    if (one.type === 'code') {
      if (one.code === 'LOG')
        return test.form.startsWith('.concurrent')
          ? `console.log('concurrent ' + ${id});`
          : `console.log('test ' + ${id});`;
      if (one.code === 'WAIT') return test.style === 'async' ? 'await pause(80);' : '';
      return earlier && FAILURES.includes(one.code) ? '' : one.code;
    }
    if (earlier && one.before === 'none') return '';
    if (!options.snapshotsPass && test.form.startsWith('.concurrent')) return '';
    const value = earlier && one.before === 'other' ? -1 : one.value;
    return one.hint.startsWith('{')
      ? `expect({n: ${value}, v: ${value}}).toMatchSnapshot(${one.hint});`
      : `expect({v: ${value}}).toMatchSnapshot(${one.hint});`;
  };

  const testSource = (test: Test, scope: string, indent: string): string => {
    const number = ++counter;
    const form = earlier ? (test.form.includes('.each') ? '.each' : '') : test.form;
    if (form === '.todo') return `${indent}test.todo('${test.title}');`;
    const each = form.includes('.each');
    const row = `row${number}`;
    const id = `\`t${number}${scope}${each ? `:\${${row}}` : ''}\``;
    const parameters = each ? row : '';
    const body = [
      `probe('test', ${id});`,
      ...(test.failsFirst > 0 && !earlier ? [`failFirst(${id}, ${test.failsFirst});`] : []),
      ...test.statements.map(one => statement(one, id, test)),
    ]
      .filter(text => text !== '')
      .join(' ');
    const later = (end: string, failed: string) =>
      `setImmediate(() => { try { ${body} ${end} } catch (error) { ${failed}(error); } })`;
    const fn = {
      sync: `(${parameters}) => { ${body} }`,
      async: `async (${parameters}) => { await null; ${body} }`,
      promise: `(${parameters}) => new Promise((resolve, reject) => ${later('resolve();', 'reject')})`,
      done: `done => { ${later('done();', 'done')}; }`,
    }[test.style];
    const table = each ? '([[1], [2]])' : '';
    return `${indent}test${form}${table}('${test.title}${each && number % 2 === 0 ? ' %i' : ''}', ${fn});`;
  };

  const blockBody = (block: Pick<Block, 'hooks' | 'children'>, id: string, scope: string, indent: string): string[] => [
    ...block.hooks.map(one => indent + hook(one, id)),
    ...block.children.flatMap(one =>
      one.type === 'block' ? blockSource(one, scope, indent) : [testSource(one, scope, indent)],
    ),
  ];

  const blockSource = (block: Block, scope: string, indent: string): string[] => {
    const number = ++counter;
    const inner = block.each ? `${scope}:\${block${number}}` : scope;
    const head = block.each
      ? `.each([[1], [2]])('${block.title} %i', block${number} => {`
      : `('${block.title}', () => {`;
    const retries =
      block.retries > 0 && !earlier ? [`${indent}  jest.retryTimes(${block.retries}, {entireDescribe: true});`] : [];
    return [
      `${indent}describe${earlier ? '' : block.mode}${head}`,
      ...retries,
      ...blockBody(block, `\`b${number}${inner}\``, inner, `${indent}  `),
      `${indent}});`,
    ];
  };

  lines.push(...blockBody(suite.root, "'root'", '', ''));
  if (earlier) lines.push("test('of old', () => { expect('old').toMatchSnapshot(); });");
  return `${lines.join('\n')}\n`;
}
