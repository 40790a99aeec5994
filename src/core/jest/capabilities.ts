/**
 * What this runner leans on of Jest's private parts: the one list of them. Each has a probe, a pure function of what
 * the process that needs the part has got hold of. A Jest without the part loses the features that `off` names, and
 * nothing else. What Jest's packages export for everybody, with types, is not in the list.
 */

/** A private part of Jest that some feature needs. */
export interface Capability {
  /** What users lose without the part, as the subject of "… is off" or "… are off". */
  readonly off: string;
  /**
   * @param subject what the list says beside the probe; of an unknown Jest it may be anything
   * @returns whether the part is as we know it
   */
  readonly probe: (subject: unknown) => boolean;
}

/** The versions of jest-runtime of which we know how they compile a module. */
const COMPILES_AS_KNOWN = /^(?:29\.7|30\.[0-5])\./;

/** The functions by which jest-runtime asks Node for what it compiles and reads with: up to 30.3, and from 30.4 on. */
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
  /** Subject: the source text of jest-worker. We read its error messages. */
  workerDeaths: {
    off: 'saying of a dead worker which signal or exit code ended it, or that it ran out of memory',
    probe: subject => contains(subject, ['signal=${', 'ran out of memory', 'exceeding retry limit']),
  },
  /** Subject: whether jest-worker's `messageParent` has sent a message through the `process` that it was given. */
  sentMessages: {
    off: 'waiting until news of a worker has left its process, so that a death may be blamed on the wrong file',
    probe: subject => subject === true,
  },
  /** Subject: what the main module of jest-circus exports. It has to be a function that we can wrap. */
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
  /** Subject: a SnapshotState of jest-snapshot. It may be of a test file's realm, in which no Set is one of ours. */
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
  /** Subject: `{version, source}` of jest-runtime. How it compiles a module is known by its version alone. */
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
  /** Subject: what resolves the modules of a test file: a Resolution of jest-runtime, or up to 30.3 a Runtime. */
  resolutions: {
    off: 'keeping the paths of modules from one test file to the next',
    probe: subject => {
      const {resolver, _resolver = resolver, cjsConditions, resolveCjs, _resolveCjsModule} = fieldsOf(subject);
      return (
        Array.isArray(cjsConditions) &&
        typeof fieldsOf(_resolver)._options === 'object' &&
        typeof (resolveCjs ?? _resolveCjsModule) === 'function'
      );
    },
  },
  /** Subject: `{chalk, supportsColor}`, the packages by which Jest decides on colours. */
  colours: {
    off: 'colours in the output of workers',
    probe: subject => {
      const {chalk, supportsColor} = fieldsOf(subject);
      return typeof fieldsOf(chalk).yellow === 'function' && 'stdout' in fieldsOf(supportsColor);
    },
  },
} as const satisfies Readonly<Record<string, Capability>>;

export type CapabilityName = keyof typeof JEST_CAPABILITIES;

/** All of them, in the order of the list. */
export const CAPABILITY_NAMES = Object.keys(JEST_CAPABILITIES) as readonly CapabilityName[];

/** Whether Jest has the part. A subject that throws when it is looked at is not one that we know. */
export function hasCapability(name: CapabilityName, subject: unknown): boolean {
  try {
    return JEST_CAPABILITIES[name].probe(subject);
  } catch {
    return false;
  }
}

/** The default export, or the whole of a CommonJS module. */
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
