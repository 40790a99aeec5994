import {createRequire} from 'node:module';
import {ReadVariables} from '../../../../src/worker/ahead/readVariables';

const around = process.env;

beforeEach(() => {
  process.env = {ONE: '1', TWO: '2', EMPTY: ''};
});
afterEach(() => {
  process.env = around;
});

/** Why what `load` has loaded could be another in this environment. */
async function objection(
  load: () => void | Promise<void>,
  environment: Record<string, string>,
  exceptCopies = false,
): Promise<string | null> {
  const variables = new ReadVariables();
  await variables.during(load, {exceptCopies});
  return variables.objection(environment);
}

test('an environment is another if a variable has another value that was read', async () => {
  const read = () => void process.env.ONE;
  expect(await objection(read, {ONE: '1', TWO: 'other', NEW: ''})).toBeNull();
  expect(await objection(read, {ONE: 'other', TWO: '2'})).toBe('a module has read another value of ONE');
  expect(await objection(read, {TWO: '2'})).toBe('a module has read another value of ONE');
});

test('if one is set that was asked for, and was not', async () => {
  expect(await objection(() => void process.env.NEW, {NEW: ''})).toBe('a module has read another value of NEW');
  for (const ask of [() => 'NEW' in process.env, () => Object.hasOwn(process.env, 'NEW')]) {
    expect(await objection(() => void ask(), {NEW: ''})).toBe('a module has asked whether NEW is set');
    expect(await objection(() => void ask(), {ONE: '1'})).toBeNull();
  }
});

test('if there are others, where they were listed', async () => {
  const list = () => void Object.keys(process.env);
  expect(await objection(list, {TWO: '2', ONE: 'other', EMPTY: ''})).toBeNull();
  expect(await objection(list, {ONE: '1', TWO: '2', EMPTY: '', NEW: '1'})).toBe('a module has listed other variables');
});

test.each<[string, () => object]>([
  ['spread', () => ({...process.env})],
  ['assigned', () => Object.assign({}, process.env)],
])('a copy has read all, unless it does not count: %s', async (_how, copy) => {
  const changed = {ONE: '1', TWO: 'other', EMPTY: ''};
  expect(await objection(() => void copy(), changed)).toBe('a module has read another value of TWO');
  expect(await objection(() => void copy(), {NEW: '1'}, true)).toBeNull();
  const copyAndRead = () => void [copy(), process.env.TWO];
  expect(await objection(copyAndRead, changed, true)).toBe('a module has read another value of TWO');
});

test('what a module changes is an objection, unless it is as before', async () => {
  const same = {ONE: '1', TWO: '2', EMPTY: ''};
  const changes = [() => (process.env.ONE = 'other'), () => delete process.env.ONE, () => (process.env.ONE = 'x')];
  for (const change of changes) {
    process.env = {...same};
    expect(await objection(() => void change(), same)).toBe('a module has changed the variable ONE');
  }
  process.env = {...same};
  expect(await objection(() => void (process.env.ONE = '1'), same)).toBeNull();
  expect(await objection(() => void delete process.env.NEW, same)).toBeNull();
});

test('the environment is Node’s own again, and has what was written', async () => {
  const {env} = process;
  const variables = new ReadVariables();
  await variables.during(() => void (process.env.NEW = '1'), {exceptCopies: false});
  expect(process.env).toBe(env);
  expect(process.env.NEW).toBe('1');
});

test('also if the loading throws', async () => {
  const {env} = process;
  const fail = () => {
    throw new Error('broken');
  };
  await expect(new ReadVariables().during(fail, {exceptCopies: false})).rejects.toThrow('broken');
  expect(process.env).toBe(env);
});

test('a module that keeps the environment it has found sees later changes', async () => {
  let kept: NodeJS.ProcessEnv = {};
  await new ReadVariables().during(() => void (kept = process.env), {exceptCopies: false});
  process.env.ONE = 'other';
  expect([kept.ONE, {...kept}.ONE]).toEqual(['other', 'other']);
});

test('what Jest makes for each realm is a copy that does not count', async () => {
  const ofJest = createRequire(require.resolve('jest-runner'));
  const {installCommonGlobals} = ofJest('jest-util') as {
    installCommonGlobals(this: void, realm: object, globals: object): {process: NodeJS.Process};
  };
  const make = () => expect(installCommonGlobals(Object.create(globalThis) as object, {}).process.env.ONE).toBe('1');
  expect(await objection(make, {ONE: 'other'}, true)).toBeNull();
});
