import {CAPABILITY_NAMES, hasCapability, type CapabilityName} from '../../../../src/core/jest/capabilities';
import {describeMissing} from '../../../../src/core/texts/missingCapabilities';

const callable = () => undefined;
const functions = (...names: string[]) => Object.fromEntries(names.map(name => [name, callable]));

const BLOCK = {type: 'describeBlock', children: [], hooks: []};

/** Of Jest 30.4 and later. */
const RUNTIME = {
  _config: {injectGlobals: true, sandboxInjectedGlobals: []},
  _environment: functions('getVmContext'),
  _resolution: {
    ...functions('isCoreModule', 'resolveCjs', 'getModulePaths', 'getGlobalPaths'),
    resolver: {},
    cjsConditions: [],
  },
  executor: functions('handleExecutionError'),
  fileCache: functions('readFile'),
  jestGlobals: functions('jestObjectFor'),
  registries: {internalModuleRegistry: new Map()},
  requireBuilder: functions('for'),
  testMainModule: {current: null},
  testState: {state: 'loading'},
};

/** For each part a subject that has it; and others, each without one thing. */
const CASES: Readonly<Record<CapabilityName, {readonly there: unknown; readonly off: readonly unknown[]}>> = {
  workers: {
    there: {testWorker: 'exports.setup = setup;\nexports.worker = worker;', jestWorker: 'UNSTABLE_onCustomMessage'},
    off: [
      {testWorker: 'exports.setup = setup;', jestWorker: 'UNSTABLE_onCustomMessage'},
      {testWorker: 'exports.setup = setup;\nexports.worker = worker;', jestWorker: ''},
      {testWorker: 'exports.setup = setup;\nexports.worker = worker;'},
    ],
  },
  workerDeaths: {
    there: '`signal=${signal}` "ran out of memory" "exceeding retry limit"',
    off: ['"ran out of memory" "exceeding retry limit"', '`signal=${signal}` "ran out of memory"'],
  },
  sentMessages: {there: true, off: [false, 'true']},
  circusEntry: {there: {__esModule: true, default: callable}, off: [{}, {default: {}}]},
  circusState: {
    there: {rootDescribeBlock: BLOCK, hasFocusedTests: false, testNamePattern: /a/},
    off: [
      {rootDescribeBlock: {...BLOCK, children: new Map()}, hasFocusedTests: false},
      {rootDescribeBlock: {...BLOCK, hooks: undefined}, hasFocusedTests: false},
      {rootDescribeBlock: {...BLOCK, type: 'block'}, hasFocusedTests: false},
      {rootDescribeBlock: BLOCK},
      {rootDescribeBlock: BLOCK, hasFocusedTests: false, testNamePattern: 'a'},
    ],
  },
  snapshotState: (() => {
    const there = {
      _snapshotPath: '',
      _snapshotData: {},
      _dirty: false,
      _uncheckedKeys: new Set(),
      _inlineSnapshots: [],
      added: 0,
      matched: 0,
      unmatched: 0,
      updated: 0,
      ...functions('match', 'fail', 'clear', 'save', 'getUncheckedCount', 'getUncheckedKeys', 'removeUncheckedKeys'),
    };
    return {there, off: Object.keys(there).map(field => ({...there, [field]: undefined}))};
  })(),
  coverage: {
    there: {istanbul: functions('createCoverageMap'), bcoe: functions('mergeProcessCovs')},
    off: [{istanbul: functions('createCoverageMap'), bcoe: {}}, {bcoe: functions('mergeProcessCovs')}],
  },
  compileCache: {
    there: {version: '30.5.2', source: 'function _nodeVm() {'},
    off: [
      {version: '30.5.2', source: ''},
      ...['29.6.4', '29.70.0', '28.1.3', '30.6.0', '30.50.0', '31.0.0', '130.5.0', 'of an unknown version'].map(
        version => ({version, source: 'function _nodeVm() {'}),
      ),
    ],
  },
  runtimeParts: {
    there: RUNTIME,
    off: [
      undefined,
      {},
      ...Object.keys(RUNTIME).map(part => ({...RUNTIME, [part]: {}})),
      {...RUNTIME, registries: {internalModuleRegistry: {}}},
    ],
  },
  fileProfile: (() => {
    const methods = functions('requireInternalModule', 'getSourceMaps', 'unstable_importModule', 'teardown');
    const transforms = new Map();
    const scriptTransformer = functions('transform');
    const there = {
      ...methods,
      transformCache: {transforms, scriptTransformer},
      executor: {currentlyExecutingManualMock: null},
    };
    const until30_3 = {
      ...methods,
      ...functions('_createJestObjectFor'),
      _isCurrentlyExecutingManualMock: null,
      _fileTransforms: transforms,
      _scriptTransformer: scriptTransformer,
    };
    return {
      there,
      off: [
        ...Object.keys(there).map(field => ({...there, [field]: {}})),
        ...Object.keys(until30_3)
          .filter(field => field !== '_isCurrentlyExecutingManualMock')
          .map(field => ({...until30_3, [field]: undefined})),
        {...there, transformCache: {transforms: {}, scriptTransformer}},
      ],
    };
  })(),
  colours: {
    there: {chalk: functions('yellow'), supportsColor: {stdout: false}},
    off: [{chalk: functions('yellow'), supportsColor: {}}, {supportsColor: {stdout: false}}],
  },
};

describe.each(CAPABILITY_NAMES)('%s', name => {
  const {there, off} = CASES[name];

  test('is there', () => {
    expect(hasCapability(name, there)).toBe(true);
  });

  test.each(off.map(subject => [subject]))('is off with %j', subject => {
    expect(hasCapability(name, subject)).toBe(false);
  });

  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error('hostile');
      },
    },
  );
  test.each([undefined, null, 0, '', [undefined], {}, hostile].map(subject => [subject]))(
    'is off with what is something else',
    subject => {
      expect(hasCapability(name, subject)).toBe(false);
    },
  );
});

test.each(['29.7.0', '30.0.0', '30.0.5', '30.4.2', '30.5.2'])('how Jest %s compiles modules is known', version => {
  expect(hasCapability('compileCache', {version, source: 'function _vm() {'})).toBe(true);
});

describe('what is off is one line', () => {
  test('of each feature once, with the parts that it lacks', () => {
    const text = describeMissing('31.0.0', ['compileCache', 'circusState', 'circusEntry']);
    expect(text).toBe(
      'The internals of Jest 31.0.0 differ from the versions that this runner knows. Off in this run: ' +
        'sharing the tests of a file among workers, resuming a file whose worker died, naming the test that a worker ' +
        'died in (circusEntry, circusState); the compile cache (compileCache). All test files still run.',
    );
  });

  test('and none where nothing is', () => {
    expect(describeMissing('30.5.2', [])).toBeNull();
  });
});
