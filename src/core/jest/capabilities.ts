/**
 * The list of Jest's private parts that this runner needs. Each part has a probe: a pure function that inspects an
 * object from the running Jest. If a part is missing, the runner disables the features that `off` names, and nothing
 * else. Public, typed exports of Jest's packages are not in the list.
 */

/** A private part of Jest that some feature needs. */
export interface Capability {
  /** The features that users lose without the part, as the subject of "… is off" or "… are off". */
  readonly off: string;
  /**
   * @param subject the object that the list describes as "Subject"; in an unknown Jest it may be anything
   * @returns whether the part has a form that we know
   */
  readonly probe: (subject: unknown) => boolean;
}

/** The versions of jest-runtime for which we know how they compile a module. */
const COMPILES_AS_KNOWN = /^(?:29\.7|30\.[0-5])\./;

/** The functions through which jest-runtime gets Node's `vm` and `fs`: up to 30.3, and from 30.4 on. */
const ASKS_FOR_VM = ['function _vm()', 'function _nodeVm()'];

const SPLITTING = 'sharing the tests of a file among workers, resuming a file whose worker died';
const FOLLOWING = `${SPLITTING}, naming the test that a worker died in`;

export const JEST_CAPABILITIES = {
  /** Subject: `{testWorker, jestWorker}`, the source texts of jest-runner's testWorker module and of jest-worker. */
  workers: {
    off: 'running test files in workers',
    probe: subject =>
      contains(fieldsOf(subject).testWorker, ['exports.setup =', 'exports.worker =']) &&
      contains(fieldsOf(subject).jestWorker, ['UNSTABLE_onCustomMessage']),
  },
  /** Subject: the source text of jest-worker. We parse its error messages. */
  workerDeaths: {
    off: 'reporting which signal or exit code ended a dead worker, or that it ran out of memory',
    probe: subject => contains(subject, ['signal=${', 'ran out of memory', 'exceeding retry limit']),
  },
  /** Subject: whether jest-worker's `messageParent` has sent a message through the `process` that we gave it. */
  sentMessages: {
    off: "waiting until a worker's messages have left its process (so a death may be blamed on the wrong file)",
    probe: subject => subject === true,
  },
  /** Subject: the export of jest-circus's main module. It has to be a function that we can wrap. */
  circusEntry: {off: FOLLOWING, probe: subject => typeof entryOf(subject) === 'function'},
  /** Subject: jest-circus's state at `run_start`, from which we list the tests and decide what is skipped. */
  circusState: {
    off: FOLLOWING,
    probe: subject => {
      const {rootDescribeBlock, hasFocusedTests, testNamePattern} = fieldsOf(subject);
      const {type, children, hooks} = fieldsOf(rootDescribeBlock);
      return (
        type === 'describeBlock' &&
        Array.isArray(children) &&
        Array.isArray(hooks) &&
        typeof hasFocusedTests === 'boolean' &&
        (testNamePattern === undefined ||
          testNamePattern === null ||
          typeof fieldsOf(testNamePattern).test === 'function')
      );
    },
  },
  /** Subject: a SnapshotState of jest-snapshot. It may come from a test file's realm, whose `Set` is not ours. */
  snapshotState: {
    off: `${SPLITTING}, saving the snapshots of such a file`,
    probe: subject => {
      const state = fieldsOf(subject);
      return (
        typeof state._snapshotPath === 'string' &&
        typeof state._snapshotData === 'object' &&
        typeof state._dirty === 'boolean' &&
        isSetOfAnyRealm(state._uncheckedKeys) &&
        Array.isArray(state._inlineSnapshots) &&
        ['added', 'matched', 'unmatched', 'updated'].every(counter => typeof state[counter] === 'number') &&
        ['match', 'fail', 'clear', 'save', 'getUncheckedCount', 'getUncheckedKeys', 'removeUncheckedKeys'].every(
          method => typeof state[method] === 'function',
        )
      );
    },
  },
  /** Subject: `{istanbul, bcoe}`, the packages with which Jest's reporters merge coverage. */
  coverage: {
    off: `with --coverage, ${SPLITTING}`,
    probe: subject => {
      const {istanbul, bcoe} = fieldsOf(subject);
      return (
        typeof fieldsOf(istanbul).createCoverageMap === 'function' &&
        typeof fieldsOf(bcoe).mergeProcessCovs === 'function'
      );
    },
  },
  /** Subject: `{version, source}` of jest-runtime. Only the version tells how it compiles a module. */
  compileCache: {
    off: 'the compile cache',
    probe: subject => {
      const {version, source} = fieldsOf(subject);
      return (
        typeof version === 'string' &&
        COMPILES_AS_KNOWN.test(version) &&
        ASKS_FOR_VM.some(asking => contains(source, [asking]))
      );
    },
  },
  /** Subject: the runtime of a test file, from 30.4 on (`worker/compile/runtimeParts`). */
  runtimeParts: {
    off: "loading Jest's own modules faster",
    probe: subject => {
      const runtime = fieldsOf(subject);
      const has = (part: string, ...methods: readonly string[]) =>
        methods.every(method => typeof fieldsOf(runtime[part])[method] === 'function');
      return (
        has('_environment', 'getVmContext') &&
        has('_resolution', 'isCoreModule', 'resolveCjs', 'getModulePaths', 'getGlobalPaths') &&
        typeof fieldsOf(runtime._resolution).resolver === 'object' &&
        Array.isArray(fieldsOf(runtime._resolution).cjsConditions) &&
        typeof fieldsOf(runtime._config).injectGlobals === 'boolean' &&
        Array.isArray(fieldsOf(runtime._config).sandboxInjectedGlobals) &&
        has('executor', 'handleExecutionError') &&
        has('fileCache', 'readFile') &&
        has('jestGlobals', 'jestObjectFor') &&
        fieldsOf(runtime.registries).internalModuleRegistry instanceof Map &&
        has('requireBuilder', 'for') &&
        'current' in fieldsOf(runtime.testMainModule) &&
        typeof fieldsOf(runtime.testState).state === 'string'
      );
    },
  },
  /** Subject: a Runtime of jest-runtime at the end of its constructor. */
  fileProfile: {
    off: 'measuring where the time of a test file goes',
    probe: subject => {
      const runtime = fieldsOf(subject);
      const {transforms, scriptTransformer} =
        runtime.transformCache === undefined
          ? {transforms: runtime._fileTransforms, scriptTransformer: runtime._scriptTransformer}
          : fieldsOf(runtime.transformCache);
      const marks =
        runtime.executor === undefined
          ? '_isCurrentlyExecutingManualMock' in runtime && typeof runtime._createJestObjectFor === 'function'
          : 'currentlyExecutingManualMock' in fieldsOf(runtime.executor);
      return (
        marks &&
        transforms instanceof Map &&
        typeof fieldsOf(scriptTransformer).transform === 'function' &&
        ['requireInternalModule', 'getSourceMaps', 'unstable_importModule', 'teardown'].every(
          method => typeof runtime[method] === 'function',
        )
      );
    },
  },
  /** Subject: `{chalk, supportsColor}`, the packages with which Jest decides on colours. */
  colours: {
    off: 'colours in the output of workers',
    probe: subject => {
      const {chalk, supportsColor} = fieldsOf(subject);
      return typeof fieldsOf(chalk).yellow === 'function' && 'stdout' in fieldsOf(supportsColor);
    },
  },
} as const satisfies Readonly<Record<string, Capability>>;

export type CapabilityName = keyof typeof JEST_CAPABILITIES;

/** All names, in the order of the list. */
export const CAPABILITY_NAMES = Object.keys(JEST_CAPABILITIES) as readonly CapabilityName[];

/** Whether Jest has the part. If the subject throws during the probe, Jest does not have it. */
export function hasCapability(name: CapabilityName, subject: unknown): boolean {
  try {
    return JEST_CAPABILITIES[name].probe(subject);
  } catch {
    return false;
  }
}

/** The default export, or the export of a CommonJS module. */
function entryOf(exported: unknown): unknown {
  return typeof exported === 'function' ? exported : fieldsOf(exported).default;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  const hasFields = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return hasFields ? (value as Readonly<Record<string, unknown>>) : {};
}

function isSetOfAnyRealm(value: unknown): boolean {
  return ['has', 'add', 'delete'].every(method => typeof fieldsOf(value)[method] === 'function');
}

function contains(source: unknown, texts: readonly string[]): boolean {
  return typeof source === 'string' && texts.every(text => source.includes(text));
}
