import {createRequire} from 'node:module';
import {join} from 'node:path';
import {hasCapability} from '../../../../src/core/jest/capabilities';
import {canMerge} from '../../../../src/run/files/mergeTools';
import {
  JestCapabilities,
  PARENT_CAPABILITIES,
  type ParentCapability,
  type ProbeSubjects,
} from '../../../../src/run/jest/jestCapabilities';
import {jestOf} from '../../../../src/run/jest/runningJest';
import {temporaryFolder} from '../temporaryFolder';

describe.each(['jest-29', 'jest-30'] as const)('the real Jest of %s', install => {
  const core = join(__dirname, '../../../e2e/installs', install, 'node_modules/@jest/core/build/index.js');
  const running = jestOf(core);

  test.each(PARENT_CAPABILITIES)('has %s', name => {
    expect(running.capabilities.has(name)).toBe(true);
    expect(running.capabilities.missing).toEqual([]);
  });

  test('has circusEntry and circusState', () => {
    const circus = createRequire(createRequire(core).resolve('jest-config'));
    expect(hasCapability('circusEntry', circus('jest-circus/runner'))).toBe(true);
    const main = circus('jest-circus') as {getState(): unknown};
    expect(hasCapability('circusState', main.getState())).toBe(true);
  });

  test('has sentMessages', () => {
    const send = jest.fn();
    running.jestWorker().messageParent({type: 'ready'}, {send} as unknown as NodeJS.Process);
    expect(hasCapability('sentMessages', send.mock.calls.length === 1)).toBe(true);
  });
});

describe('a Jest with other insides', () => {
  const packageFiles = (name: string, text = '') => ({
    [`node_modules/${name}/package.json`]: JSON.stringify({name, version: '31.0.0'}),
    [`node_modules/${name}/index.js`]: text,
  });
  const folder = temporaryFolder({
    ...packageFiles('@jest/core'),
    ...packageFiles('jest-config'),
    ...packageFiles('jest-runner'),
    ...packageFiles('jest-runtime', 'function _vm() {}'),
    ...packageFiles('jest-snapshot', 'exports.SnapshotState = class {};'),
    ...packageFiles('jest-worker'),
  });
  const strange = jestOf(join(folder, 'node_modules/@jest/core/index.js'));

  test('lacks all, and nothing of it throws', () => {
    expect(PARENT_CAPABILITIES.filter(name => strange.capabilities.has(name))).toEqual([]);
    expect(strange.capabilities.missing).toEqual(PARENT_CAPABILITIES);
  });

  test('says what it says without colours', () => {
    expect([strange.yellow('text'), strange.usesColours()]).toEqual(['text', false]);
  });
});

const subjects = (of: Partial<ProbeSubjects>): ProbeSubjects =>
  ({...Object.fromEntries(PARENT_CAPABILITIES.map(name => [name, () => undefined])), ...of}) as ProbeSubjects;

test('each part is probed when it is first asked for, and once', () => {
  const colours = jest.fn(() => ({}));
  const capabilities = new JestCapabilities(subjects({colours}));
  expect(colours).not.toHaveBeenCalled();
  expect([capabilities.has('colours'), capabilities.has('colours')]).toEqual([false, false]);
  expect(colours).toHaveBeenCalledTimes(1);
  expect(capabilities.missing).toEqual(['colours']);
});

test('what other processes have found missing counts, once', () => {
  const capabilities = new JestCapabilities(subjects({}));
  capabilities.lacks(['circusState']);
  capabilities.lacks(['circusState', 'sentMessages']);
  expect(capabilities.missing).toEqual(['circusState', 'sentMessages']);
});

describe('results of several workers can be merged', () => {
  const jestWith = (...names: readonly ParentCapability[]) => ({
    capabilities: {has: (name: ParentCapability) => names.includes(name)} as JestCapabilities,
  });

  test.each([
    [['snapshotState'], false, true],
    [['snapshotState'], true, false],
    [['snapshotState', 'coverage'], true, true],
    [['coverage'], false, false],
  ] as const)('with %j, and coverage: %j: %j', (names, collectCoverage, expected) => {
    expect(canMerge(jestWith(...names), {collectCoverage})).toBe(expected);
  });
});
