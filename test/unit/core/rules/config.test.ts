import {OptionsError, type OptionSource, resolveOptions, variableOf} from '../../../../src/core/rules/config';
import {OPTION_NAMES} from '../../../../src/core/rules/optionSchemas';
import {FLEET_VARIABLES} from '../../../../src/core/rules/fleetVariables';
import {DEFAULT_OPTIONS} from '../../../../src/core/rules/resolvedOptions';

const DISTS = '"load", "loadfile", "loadscope", "loadgroup", "worksteal", "each"';

const inPackage = (value: unknown): OptionSource => ({name: 'package.json', value});
const inFile = (value: unknown): OptionSource => ({name: 'xdist.config.js', value});
const inJestConfig = (value: unknown): OptionSource => ({name: 'the Jest config', value});

/** The mistakes that the error lists, in order; none: the options are right. */
function problems(sources: readonly OptionSource[], environment: Record<string, string> = {}): string[] {
  try {
    resolveOptions(sources, environment);
    return [];
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    return error.message.split('\n').flatMap(line => (line.startsWith('  • ') ? [line.slice(4)] : []));
  }
}

describe('precedence', () => {
  test('where nothing is said, every option has its default', () => {
    expect(resolveOptions([], {})).toEqual(DEFAULT_OPTIONS);
  });

  test('package.json < xdist.config < runner options < environment', () => {
    const sources = [
      inPackage({maxScheduleChunk: 1}),
      inFile({maxScheduleChunk: 2}),
      inJestConfig({maxScheduleChunk: 3}),
    ];
    const chunk = (count: number, environment = {}) =>
      resolveOptions(sources.slice(0, count), environment).maxScheduleChunk;
    expect([chunk(1), chunk(2), chunk(3), chunk(3, {XDIST_MAX_SCHEDULE_CHUNK: '4'})]).toEqual([1, 2, 3, 4]);
  });

  test('a source wins only in the keys that it has', () => {
    const sources = [
      inPackage({timings: 'a.json', maxScheduleChunk: 1, restartWorkers: 'file'}),
      inFile({maxScheduleChunk: 2}),
      inJestConfig({maxWorkerRestarts: 3}),
    ];
    expect(resolveOptions(sources, {XDIST_IN_BAND: 'never'})).toEqual({
      ...DEFAULT_OPTIONS,
      from: {
        inBand: 'the environment variable XDIST_IN_BAND',
        maxScheduleChunk: 'xdist.config.js',
        maxWorkerRestarts: 'the Jest config',
        restartWorkers: 'package.json',
        timings: 'package.json',
      },
      timings: 'a.json',
      restartWorkers: 'file',
      maxScheduleChunk: 2,
      maxWorkerRestarts: 3,
      inBand: 'never',
    });
  });

  test('an option that is undefined was not said', () => {
    expect(resolveOptions([inPackage({timings: 'a.json'}), inFile({timings: undefined})], {}).timings).toBe('a.json');
  });

  test('the watermarks are two keys', () => {
    const sources = [
      inPackage({watermark: {low: 1, high: 1000}}),
      inFile({watermark: {low: 2}}),
      inJestConfig({watermark: {high: 2000}}),
    ];
    expect(resolveOptions(sources, {}).watermark).toEqual({low: 2, high: 2000});
    expect(resolveOptions(sources, {XDIST_WATERMARK: '{"low": 3}'}).watermark).toEqual({low: 3, high: 2000});
  });

  test('the amount of each resource is a key', () => {
    const sources = [inPackage({resources: {gpu: 1, port: 4}}), inFile({resources: {gpu: 2}})];
    expect(resolveOptions(sources, {}).resources).toEqual({gpu: 2, port: 4});
    expect(resolveOptions(sources, {XDIST_RESOURCES: '{"gpu": 8}'}).resources).toEqual({gpu: 8, port: 4});
  });

  test('the entries of files are one list, which a later place replaces, and which says where it stands', () => {
    const sources = [inPackage({files: [{match: 'a/**'}, {match: 'b/**'}]}), inFile({files: [{match: 'c/**'}]})];
    const entries = (count: number, environment = {}) =>
      resolveOptions(sources.slice(0, count), environment).files.map(({place, match}) => [place, ...match]);
    expect(entries(1)).toEqual([
      ['package.json, "files[0]"', 'a/**'],
      ['package.json, "files[1]"', 'b/**'],
    ]);
    expect(entries(2)).toEqual([['xdist.config.js, "files[0]"', 'c/**']]);
    expect(entries(2, {XDIST_FILES: '[{"match": ["d/**", "!d/e"]}]'})).toEqual([
      ['the environment variable XDIST_FILES, "files[0]"', 'd/**', '!d/e'],
    ]);
  });

  test('the nodes are one list, which a later place replaces', () => {
    const sources = [inPackage({nodes: [{name: 'a', env: {TZ: 'UTC'}}, {name: 'b'}]}), inFile({nodes: [{name: 'c'}]})];
    const nodes = (count: number, environment = {}) => resolveOptions(sources.slice(0, count), environment).nodes;
    expect(nodes(1)).toEqual([{name: 'a', env: {TZ: 'UTC'}}, {name: 'b'}]);
    expect(nodes(2)).toEqual([{name: 'c'}]);
    expect(nodes(2, {XDIST_NODES: '[{"name": "d", "execArgv": ["--expose-gc"]}]'})).toEqual([
      {name: 'd', execArgv: ['--expose-gc']},
    ]);
    expect(nodes(2, {XDIST_NODES: '[]'})).toEqual([]);
  });

  test('a low watermark alone that is above the default high one raises that', () => {
    expect(resolveOptions([inFile({watermark: {low: 300}})], {}).watermark).toEqual({low: 300, high: 300});
    expect(resolveOptions([inFile({watermark: {low: 60}})], {}).watermark).toEqual({low: 60, high: 200});
  });

  test('a high watermark alone that is below the default low one lowers that', () => {
    expect(resolveOptions([inFile({watermark: {high: 20}})], {}).watermark).toEqual({low: 20, high: 20});
  });

  test('what comes out can not be changed', () => {
    const options = resolveOptions([inFile({watermark: {low: 1}})], {});
    expect(Object.isFrozen(options)).toBe(true);
    expect(Object.isFrozen(options.watermark)).toBe(true);
  });

  test('what came in is not frozen', () => {
    const written = {watermark: {low: 1}};
    resolveOptions([inFile(written)], {});
    expect(Object.isFrozen(written.watermark)).toBe(false);
  });
});

describe('mistakes', () => {
  test('an unknown option is named with its source and the nearest option', () => {
    expect(problems([inFile({maxWorkerRestart: 3})])).toEqual([
      'xdist.config.js: unknown option "maxWorkerRestart". Did you mean "maxWorkerRestarts"?',
    ]);
  });

  test('the suggestion does not mind upper and lower case', () => {
    expect(problems([inFile({INBAND: 'auto'})])).toEqual([
      'xdist.config.js: unknown option "INBAND". Did you mean "inBand"?',
    ]);
  });

  test('where no option is near, all of them are listed', () => {
    expect(problems([inPackage({colourOfTheOutput: 'red'})])).toEqual([
      `package.json: unknown option "colourOfTheOutput". The options are ${OPTION_NAMES.join(', ')}.`,
    ]);
  });

  test('a key that every object inherits is an unknown option', () => {
    expect(problems([inFile({toString: 1})])[0]).toMatch('xdist.config.js: unknown option "toString".');
  });

  test('an unknown watermark is named with its path', () => {
    expect(problems([inFile({watermark: {lo: 10}})])).toEqual([
      'xdist.config.js: unknown option "watermark.lo". Did you mean "low"?',
    ]);
  });

  test.each([
    ['dist', 'round', `one of ${DISTS}, got "round"`],
    ['nodes', {name: 'a'}, 'a list like [{name: "utc", env: {TZ: "UTC"}}], got {"name":"a"}'],
    ['nodes', 'a', 'a list like [{name: "utc", env: {TZ: "UTC"}}], got "a"'],
    ['canSplit', 'test/*.js', 'a list of globs like ["test/slow/**/*.test.ts"], got "test/*.js"'],
    ['canSplit', true, 'a list of globs like ["test/slow/**/*.test.ts"], got true'],
    ['canSplit', null, 'a list of globs like ["test/slow/**/*.test.ts"], got null'],
    ['canSplit', {each: []}, 'a list of globs like ["test/slow/**/*.test.ts"], got {"each":[]}'],
    ['watermark', 5, 'an object like {low: 50, high: 200}, got 5'],
    ['files', {match: 'a'}, 'a list like [{match: "test/db/**", serial: true}], got {"match":"a"}'],
    ['resources', ['gpu'], 'an object like {gpu: 2}, got ["gpu"]'],
    ['resources', 2, 'an object like {gpu: 2}, got 2'],
    [
      'fixtureTimeout',
      '1h',
      'a number of milliseconds, or a time like "500ms", "30s" or "5m", or 0 for none, got "1h"',
    ],
    ['maxScheduleChunk', 0, 'a whole number, 1 or more, got 0'],
    ['maxScheduleChunk', 1.5, 'a whole number, 1 or more, got 1.5'],
    ['maxScheduleChunk', null, 'a whole number, 1 or more, got null'],
    ['slots', 0, 'a whole number, 1 or more, or "auto", got 0'],
    ['slots', 2.5, 'a whole number, 1 or more, or "auto", got 2.5'],
    ['slots', 'many', 'a whole number, 1 or more, or "auto", got "many"'],
    ['maxSlots', 0, 'a whole number, 1 or more, got 0'],
    ['maxSlots', 'auto', 'a whole number, 1 or more, got "auto"'],
    ['maxWorkerRestarts', -1, 'a whole number, 0 or more, got -1'],
    ['maxWorkerRestarts', '3', 'a whole number, 0 or more, got "3"'],
    ['restartWorkers', true, 'one of "never", "file", got true'],
    ['compileCache', 'no', 'true or false, got "no"'],
    ['timings', '', 'a path, got ""'],
    ['timings', ['a.json'], 'a path, got ["a.json"]'],
    ['inBand', () => 'auto', 'one of "auto", "never", got a function'],
  ])('%s: %p is refused', (option, value, expectation) => {
    expect(problems([inJestConfig({[option]: value})])).toEqual([
      `the Jest config: "${option}" must be ${expectation}.`,
    ]);
  });

  test.each([
    [['a', 5], 'canSplit[1]', '5'],
    [[null, 'a'], 'canSplit[0]', 'null'],
    [['a', ''], 'canSplit[1]', '""'],
    [[['a']], 'canSplit[0]', '["a"]'],
  ])('canSplit: %j is refused, and which of its globs is none', (value, path, got) => {
    expect(problems([inFile({canSplit: value})])).toEqual([`xdist.config.js: "${path}" must be a glob, got ${got}.`]);
  });

  test.each([
    ['low', '50', 'a number of milliseconds, got "50"'],
    ['high', -1, 'a number of milliseconds, 0 or more, got -1'],
  ])('watermark.%s: %p is refused', (key, value, expectation) => {
    expect(problems([inFile({watermark: {[key]: value}})])).toEqual([
      `xdist.config.js: "watermark.${key}" must be ${expectation}.`,
    ]);
  });

  test.each([
    [{gpu: 0}, 'resources.gpu', 'a whole number, 1 or more, got 0'],
    [{gpu: '2'}, 'resources.gpu', 'a whole number, 1 or more, got "2"'],
    [{'my gpu': 2}, 'resources.my gpu', `a resource's name, which is one word without an amount, got "my gpu"`],
    [{'gpu:2': 2}, 'resources.gpu:2', `a resource's name, which is one word without an amount, got "gpu:2"`],
  ])('resources: %j is refused', (value, path, expectation) => {
    expect(problems([inFile({resources: value})])).toEqual([`xdist.config.js: "${path}" must be ${expectation}.`]);
  });

  test.each([
    ['a/**', '', 'an object like {match: "test/db/**", serial: true}, got "a/**"'],
    [[], '', 'an object like {match: "test/db/**", serial: true}, got []'],
    [{serial: true}, '.match', 'a glob like "test/slow/**", or a list of them, got undefined'],
    [{match: ''}, '.match', 'a glob like "test/slow/**", or a list of them, got ""'],
    [{match: []}, '.match', 'a glob like "test/slow/**", or a list of them, got []'],
    [{match: ['a', 1]}, '.match', 'a glob like "test/slow/**", or a list of them, got ["a",1]'],
    [{match: 'a', serial: 'yes'}, '.serial', 'true or false, got "yes"'],
    [{match: 'a', restartWorker: 1}, '.restartWorker', 'true or false, got 1'],
    [{match: 'a', canSplit: 'tests'}, '.canSplit', 'true, false or "each", got "tests"'],
    [{match: 'a', workerGroup: 'two words'}, '.workerGroup', `a group's name, which is one word, got "two words"`],
    [{match: 'a', resources: 'gpu'}, '.resources', 'a list of resources like ["gpu:2"], got "gpu"'],
    [{match: 'a', resources: ['gpu', 'b:0']}, '.resources[1]', 'a resource like "gpu" or "gpu:2", got "b:0"'],
    [
      {match: 'a', sharedFixtures: ['./db.ts worker']},
      '.sharedFixtures[0]',
      'a fixture like "./fixtures/db.ts" or "./fixtures/db.ts scope=worker", got "./db.ts worker"',
    ],
    [
      {match: 'a', hardTimeout: '30'},
      '.hardTimeout',
      'a number of milliseconds, or a time like "500ms", "30s" or "5m", or 0 for none, got "30"',
    ],
  ])('files: [%j] is refused', (entry, path, expectation) => {
    expect(problems([inFile({files: [entry]})])).toEqual([
      `xdist.config.js: "files[0]${path}" must be ${expectation}.`,
    ]);
  });

  test.each([
    ['utc', '', 'an object like {name: "utc", env: {TZ: "UTC"}}, got "utc"'],
    [[], '', 'an object like {name: "utc", env: {TZ: "UTC"}}, got []'],
    [{env: {}}, '.name', 'a name, which is one line without blanks at its ends, got undefined'],
    [{name: ''}, '.name', 'a name, which is one line without blanks at its ends, got ""'],
    [{name: 'a '}, '.name', 'a name, which is one line without blanks at its ends, got "a "'],
    [{name: 'a\nb'}, '.name', 'a name, which is one line without blanks at its ends, got "a\\nb"'],
    [{name: 22}, '.name', 'a name, which is one line without blanks at its ends, got 22'],
    [{name: 'a', execPath: ''}, '.execPath', 'a path, or a command in PATH, got ""'],
    [{name: 'a', execPath: null}, '.execPath', 'a path, or a command in PATH, got null'],
    [{name: 'a', execArgv: '--gc'}, '.execArgv', 'a list of flags like ["--expose-gc"], got "--gc"'],
    [{name: 'a', execArgv: ['--gc', 1]}, '.execArgv[1]', 'a flag like "--expose-gc", got 1'],
    [{name: 'a', env: 'TZ=UTC'}, '.env', 'an object like {TZ: "UTC", CI: null}, got "TZ=UTC"'],
    [{name: 'a', env: ['TZ=UTC']}, '.env', 'an object like {TZ: "UTC", CI: null}, got ["TZ=UTC"]'],
    [{name: 'a', env: {PORT: 80}}, '.env.PORT', 'a text, or null to take the variable away, got 80'],
    [{name: 'a', env: {'TZ=UTC': ''}}, '.env.TZ=UTC', 'the name of a variable, got "TZ=UTC"'],
    [{name: 'a', env: {'': 'UTC'}}, '.env.', 'the name of a variable, got ""'],
    [{name: 'a', env: {TZ: 'UTC\0'}}, '.env.TZ', 'a text without a NUL character, got "UTC\\u0000"'],
    [{name: 'a', env: {'T\0Z': 'UTC'}}, '.env.T\0Z', 'a text without a NUL character, got "T\\u0000Z"'],
    [{name: 'a', execPath: 'no\0de'}, '.execPath', 'a text without a NUL character, got "no\\u0000de"'],
    [{name: 'a', execArgv: ['--a\0']}, '.execArgv[0]', 'a text without a NUL character, got "--a\\u0000"'],
  ])('nodes: [%j] is refused', (node, path, expectation) => {
    expect(problems([inFile({nodes: [node]})])).toEqual([`xdist.config.js: "nodes[0]${path}" must be ${expectation}.`]);
  });

  test.each(['JEST_WORKER_ID', 'XDIST_WORKER', 'XDIST_WORKER_COUNT', 'XDIST_RUN_ID', 'XDIST_NODE'])(
    'nodes: a variable that the runner sets is refused: %s',
    variable => {
      expect(problems([inFile({nodes: [{name: 'a'}, {name: 'b', env: {TZ: 'UTC', [variable]: null}}]})])).toEqual([
        `xdist.config.js: "nodes[1].env.${variable}" must be a variable that is not the runner's own (it sets ` +
          `JEST_WORKER_ID, XDIST_WORKER, XDIST_WORKER_COUNT, XDIST_RUN_ID, XDIST_NODE for each worker), got "${variable}".`,
      ]);
    },
  );

  test('nodes: each that has the name of an earlier one is refused', () => {
    const nodes = [{name: 'a'}, {name: 'b'}, {name: 'a', env: {TZ: 'UTC'}}, {name: 'b'}];
    expect(problems([inFile({nodes})])).toEqual([
      'xdist.config.js: "nodes[2].name" must be a name that no other node has (nodes[0] has it), got "a".',
      'xdist.config.js: "nodes[3].name" must be a name that no other node has (nodes[1] has it), got "b".',
    ]);
  });

  test('an unknown key of a node is named with its path', () => {
    expect(problems([inFile({nodes: [{name: 'a', execArg: []}]})])).toEqual([
      'xdist.config.js: unknown option "nodes[0].execArg". Did you mean "execArgv"?',
    ]);
  });

  const NO_NODES =
    '"dist" is "each", which runs every file once on every node, but there are no "nodes". Add them, as in ';
  const MISSED =
    NO_NODES + 'nodes: [{name: "utc", env: {TZ: "UTC"}}, {name: "tokyo", env: {TZ: "Asia/Tokyo"}}], or remove "dist".';

  test('dist each without nodes is refused where it was asked for', () => {
    const nodes = [{name: 'a'}];
    expect(problems([inFile({dist: 'each', inBand: 1})])).toEqual([
      'xdist.config.js: "inBand" must be one of "auto", "never", got 1.',
      `xdist.config.js: ${MISSED}`,
    ]);
    const example = '[{"name": "utc", "env": {"TZ": "UTC"}}, {"name": "tokyo", "env": {"TZ": "Asia/Tokyo"}}]';
    expect(problems([inPackage({nodes: []})], {XDIST_DIST: 'each'})).toEqual([
      `the environment variable XDIST_DIST: ${NO_NODES}XDIST_NODES='${example}', or remove XDIST_DIST.`,
    ]);
    expect(problems([], {XDIST_DIST: 'each', XDIST_NODES: example})).toEqual([]);
    expect(problems([inPackage({nodes}), inFile({dist: 'each', nodes: []})])).toEqual([`xdist.config.js: ${MISSED}`]);
    expect(problems([inPackage({nodes}), inFile({dist: 'each'})])).toEqual([]);
    expect(problems([inPackage({dist: 'each'}), inFile({dist: 'load'})])).toEqual([]);
  });

  test('dist each with nodes that are not right is one mistake', () => {
    expect(problems([inFile({dist: 'each', nodes: [{}]})])).toEqual([
      'xdist.config.js: "nodes[0].name" must be a name, which is one line without blanks at its ends, got undefined.',
    ]);
  });

  test('maxSlots is refused where it bounds nothing', () => {
    const bounds = 'is the most workers that "slots": "auto" starts, but';
    expect(problems([inFile({maxSlots: 6})])).toEqual([
      `xdist.config.js: "maxSlots" (6) ${bounds} there is no "slots". Set slots: "auto", or remove "maxSlots".`,
    ]);
    expect(problems([inPackage({slots: 4}), inFile({maxSlots: 6})])).toEqual([
      `xdist.config.js: "maxSlots" (6) ${bounds} "slots" is 4 (package.json). Set slots: "auto", or remove "maxSlots".`,
    ]);
    expect(problems([], {XDIST_SLOTS: '4', XDIST_MAX_SLOTS: '6'})).toEqual([
      `the environment variable XDIST_MAX_SLOTS: "maxSlots" (6) ${bounds} "slots" is 4 (the environment variable ` +
        'XDIST_SLOTS). Set XDIST_SLOTS=auto, or remove XDIST_MAX_SLOTS.',
    ]);
    expect(problems([inFile({slots: 'auto', maxSlots: 6})])).toEqual([]);
    expect(problems([inPackage({maxSlots: 6})], {XDIST_SLOTS: 'auto'})).toEqual([]);
  });

  test('but not where a later place asks for a number, for this one run', () => {
    expect(problems([inFile({slots: 'auto', maxSlots: 6})], {XDIST_SLOTS: '4'})).toEqual([]);
    expect(problems([inPackage({maxSlots: 6}), inFile({slots: 4})])).toEqual([]);
  });

  test('maxSlots with slots that are not right is one mistake', () => {
    expect(problems([inFile({slots: 'many', maxSlots: 6})])).toEqual([
      'xdist.config.js: "slots" must be a whole number, 1 or more, or "auto", got "many".',
    ]);
  });

  test.each([
    ['dist', 'loadfiles', 'loadfile'],
    ['dist', 'LoadScope', 'loadscope'],
    ['restartWorkers', 'files', 'file'],
  ])('%s: %p is near one of its values', (option, value, meant) => {
    expect(problems([inFile({[option]: value})])[0]).toMatch(
      new RegExp(`, got "${value}"\\. Did you mean "${meant}"\\?$`),
    );
  });

  test('an unknown key of an entry of files is named with its path', () => {
    expect(problems([inFile({files: [{match: 'a'}, {match: 'b', resource: ['gpu']}]})])).toEqual([
      'xdist.config.js: unknown option "files[1].resource". Did you mean "resources"?',
    ]);
  });

  test.each([
    ['dist', 'load'],
    ['nodes', [{name: 'Node 22', execPath: '/opt/node 22/bin/node', execArgv: [], env: {TZ: 'UTC', CI: null, A: ''}}]],
    ['nodes', [{name: 'a', execPath: undefined, execArgv: undefined, env: {TZ: undefined}}]],
    ['resources', {gpu: 2, constructor: 1}],
    ['fixtureTimeout', 0],
    ['canSplit', []],
    ['canSplit', ['<rootDir>/a/**', '!a/b.test.ts']],
    ['watermark', {low: 0, high: 0.5}],
    ['maxScheduleChunk', 1],
    ['slots', 'auto'],
    ['slots', 1],
    ['maxWorkerRestarts', 0],
    ['restartWorkers', 'never'],
    ['restartWorkers', 'file'],
    ['compileCache', false],
    ['timings', './timings.json'],
    ['inBand', 'never'],
  ] as const)('%s: %p is accepted', (option, value) => {
    expect(resolveOptions([inFile({[option]: value})], {})[option]).toEqual(value);
  });

  test('low above high is refused, wherever the two come from', () => {
    expect(problems([inPackage({watermark: {low: 30}}), inFile({watermark: {high: 20}})])).toEqual([
      'watermark.low (30) is above watermark.high (20).',
    ]);
  });

  test.each([[null], [[]], ['load']])('options that are %p instead of an object are refused', value => {
    expect(problems([inFile(value)])).toEqual([
      `xdist.config.js: expected an object of options, got ${JSON.stringify(value)}.`,
    ]);
  });

  test('one error lists all mistakes of all sources', () => {
    const sources = [inPackage({dits: 'load', inBand: 1}), inFile({watermark: {low: 'x', hihg: 1}})];
    expect(problems(sources, {XDIST_TIMING: 'a', XDIST_DIST: 'round'}).sort()).toEqual([
      'package.json: "inBand" must be one of "auto", "never", got 1.',
      'package.json: unknown option "dits". Did you mean "dist"?',
      `the environment variable XDIST_DIST: "dist" must be one of ${DISTS}, got "round".`,
      'the environment variable XDIST_TIMING is not an option. Did you mean "XDIST_TIMINGS"?',
      'xdist.config.js: "watermark.low" must be a number of milliseconds, got "x".',
      'xdist.config.js: unknown option "watermark.hihg". Did you mean "high"?',
    ]);
  });

  test('the printed stack is the message alone', () => {
    const error = new OptionsError(['one thing']);
    expect(error.stack).toBe(error.message);
    expect(error.message).toBe('jest-runner-xdist: an option is invalid.\n\n  • one thing\n');
  });
});

describe('recording', () => {
  test.each([
    ['run.xdist', {path: 'run.xdist', keep: 10}],
    ['{"keep": 3}', {path: null, keep: 3}],
    ['{"path": "a/b", "keep": 1}', {path: 'a/b', keep: 1}],
    ['false', null],
  ])('XDIST_RECORDING=%s', (text, recording) => {
    expect(resolveOptions([], {XDIST_RECORDING: text}).recording).toEqual(recording);
  });

  test.each([
    ['true', 'must be false, or an object like {"path": "run.xdist"} or {"keep": 10}, got true.'],
    ['', '"recording.path" must be a path, got "".'],
    ['{"keep": 0}', '"recording.keep" must be a whole number, 1 or more, got 0.'],
    ['{"pth": "a"}', 'unknown option "recording.pth". Did you mean "path"?'],
  ])('XDIST_RECORDING=%s is a mistake', (text, problem) => {
    expect(() => resolveOptions([], {XDIST_RECORDING: text})).toThrow(problem);
  });
});

describe('the environment', () => {
  test('every option has a variable', () => {
    expect(OPTION_NAMES.map(variableOf)).toEqual([
      'XDIST_DIST',
      'XDIST_NODES',
      'XDIST_CAN_SPLIT',
      'XDIST_FILES',
      'XDIST_RESOURCES',
      'XDIST_WATERMARK',
      'XDIST_MAX_SCHEDULE_CHUNK',
      'XDIST_SLOTS',
      'XDIST_MAX_SLOTS',
      'XDIST_MAX_WORKER_RESTARTS',
      'XDIST_RESTART_WORKERS',
      'XDIST_ON_CRASH',
      'XDIST_HARD_TIMEOUT',
      'XDIST_SLOW_TIMEOUT',
      'XDIST_FIXTURE_TIMEOUT',
      'XDIST_TIMINGS',
      'XDIST_IN_BAND',
      'XDIST_COMPILE_CACHE',
      'XDIST_RECORDING',
      'XDIST_FLEET',
    ]);
  });

  test('a value is read as JSON, and as plain text where it is none', () => {
    const options = resolveOptions([], {
      XDIST_DIST: '"load"',
      XDIST_RESTART_WORKERS: 'file',
      XDIST_MAX_WORKER_RESTARTS: '2',
      XDIST_WATERMARK: '{"low": 10, "high": 20}',
      XDIST_TIMINGS: 'C:\\timings.json',
    });
    expect(options).toMatchObject({
      dist: 'load',
      restartWorkers: 'file',
      maxWorkerRestarts: 2,
      watermark: {low: 10, high: 20},
      timings: 'C:\\timings.json',
    });
  });

  test('a value of the wrong type names its variable', () => {
    expect(problems([], {XDIST_MAX_SCHEDULE_CHUNK: 'many'})).toEqual([
      'the environment variable XDIST_MAX_SCHEDULE_CHUNK: "maxScheduleChunk" must be a whole number, 1 or more, got "many".',
    ]);
  });

  test.each([
    ['["a/*.ts", "b.ts"]', ['a/*.ts', 'b.ts']],
    ['[]', []],
    ['"a.ts"', null],
    ['test/**/*.slow.ts', ['test/**/*.slow.ts']],
    ['{a,b}/*.ts', ['{a,b}/*.ts']],
    ['[ab]*.test.ts', ['[ab]*.test.ts']],
    ['a.ts,b.ts', ['a.ts,b.ts']],
  ])('XDIST_CAN_SPLIT is a list in JSON, or else one glob: %s', (text, globs) => {
    const environment = {XDIST_CAN_SPLIT: text};
    if (globs !== null) expect(resolveOptions([], environment).canSplit).toEqual(globs);
    else expect(problems([], environment)).toEqual([expect.stringMatching(/"canSplit" must be a list of globs/)]);
  });

  test('XDIST_CAN_SPLIT replaces the list of the files, and may be empty', () => {
    const sources = [inPackage({canSplit: ['a']}), inFile({canSplit: ['b', 'c']})];
    expect(resolveOptions(sources, {}).canSplit).toEqual(['b', 'c']);
    expect(resolveOptions(sources, {XDIST_CAN_SPLIT: 'd'}).canSplit).toEqual(['d']);
    expect(resolveOptions(sources, {XDIST_CAN_SPLIT: '[]'}).canSplit).toEqual([]);
  });

  test.each([
    ['3', 'a list of globs like ["test/slow/**/*.test.ts"], got 3'],
    ['', 'a glob, got ""'],
  ])('XDIST_CAN_SPLIT=%s is refused', (text, expectation) => {
    expect(problems([], {XDIST_CAN_SPLIT: text})).toEqual([
      expect.stringMatching(/^the environment variable XDIST_CAN_SPLIT: "canSplit(\[0\])?" must be /),
    ]);
    expect(problems([], {XDIST_CAN_SPLIT: text})[0]).toContain(`must be ${expectation}.`);
  });

  test.each([
    ['nodes', "[{name: 'utc'}]", 'JSON, a list like [{"name": "utc", "env": {"TZ": "UTC"}}], got "[{name: \'utc\'}]"'],
    ['nodes', '{"name": "utc"}', 'a list like [{"name": "utc", "env": {"TZ": "UTC"}}], got {"name":"utc"}'],
    ['nodes', '', 'JSON, a list like [{"name": "utc", "env": {"TZ": "UTC"}}], got ""'],
    ['files', 'test/**', 'JSON, a list like [{"match": "test/db/**", "serial": true}], got "test/**"'],
    ['resources', 'gpu:2', 'JSON, an object like {"gpu": 2}, got "gpu:2"'],
    ['watermark', '{low: 1}', 'JSON, an object like {"low": 50, "high": 200}, got "{low: 1}"'],
  ] as const)('the variable of %s is JSON: %s is refused', (option, text, expectation) => {
    const variable = variableOf(option);
    const message = `the environment variable ${variable}: "${option}" must be ${expectation}.`;
    expect(problems([], {[variable]: text})).toEqual([message]);
    // The example, copied, is right.
    const [, example = ''] = / like (.*), got /.exec(message) ?? [];
    expect(problems([], {[variable]: example})).toEqual([]);
  });

  test('an example of what is inside of a list is JSON, too', () => {
    expect(problems([], {XDIST_NODES: '[{"name": "a", "env": "UTC"}]'})).toEqual([
      'the environment variable XDIST_NODES: "nodes[0].env" must be an object like {"TZ": "UTC", "CI": null}, got "UTC".',
    ]);
  });

  test('an unknown XDIST_ variable is refused with the nearest one', () => {
    expect(problems([], {XDIST_WATERMARKS: '{}'})).toEqual([
      'the environment variable XDIST_WATERMARKS is not an option. Did you mean "XDIST_WATERMARK"?',
    ]);
  });

  test.each(['XDIST_WORKER', 'XDIST_WORKER_COUNT', 'XDIST_RUN_ID', 'XDIST_NODE'])(
    '%s, inherited from a run around this one, is no option',
    variable => {
      expect(resolveOptions([], {[variable]: 'w1'})).toEqual(DEFAULT_OPTIONS);
    },
  );

  test('variables of others, and those that are not set, are none of our business', () => {
    expect(resolveOptions([], {PATH: '/bin', MY_XDIST_DIST: 'x', XDIST_DISTANCE: undefined})).toEqual(DEFAULT_OPTIONS);
  });
});

test('a watermark that is undefined counts as not given', () => {
  expect(
    resolveOptions([inPackage({watermark: {low: 10}}), inFile({watermark: {low: undefined}})], {}).watermark.low,
  ).toBe(10);
});

test('values that JSON cannot show are shown all the same', () => {
  expect(problems([inFile({maxScheduleChunk: 5n})])[0]).toMatch(/got 5\.$/);
  expect(problems([inFile({watermark: {low: NaN}})])[0]).toMatch(/got NaN\.$/);
  expect(problems([inFile({watermark: []})])[0]).toMatch(/must be an object like/);
});

test('a path in a variable may look like a number', () => {
  expect(resolveOptions([], {XDIST_TIMINGS: '123'}).timings).toBe('123');
});

test('what all variables share does not make one of them near', () => {
  expect(problems([], {XDIST_Q: '1'})[0]).toMatch(/The options are XDIST_DIST, /);
});

describe('fleet', () => {
  const there = {url: 'rediss://redis.example:6380', run: null, secret: null, lease: 30_000};

  test.each<[string, unknown]>([
    ['rediss://redis.example:6380', there],
    ['rediss://me:pw@redis.example/3', {...there, url: 'rediss://me:pw@redis.example/3'}],
    ['{"url": "rediss://redis.example:6380", "run": "7", "lease": "5s"}', {...there, run: '7', lease: 5_000}],
    ['{"run": "7"}', null],
    ['false', null],
  ])('XDIST_FLEET=%s', (text, fleet) => {
    expect(resolveOptions([], {XDIST_FLEET: text}).fleet).toEqual(fleet);
  });

  test('the variable may say the URL, and the config the rest', () => {
    const config = {name: 'xdist.config.js', value: {fleet: {secret: {variable: 'OURS'}, lease: '1m'}}};
    const fleet = {...there, secret: {variable: 'OURS'}, lease: 60_000};
    expect(resolveOptions([config], {XDIST_FLEET: there.url}).fleet).toEqual(fleet);
    expect(resolveOptions([config], {}).fleet).toBeNull();
    expect(resolveOptions([config], {XDIST_FLEET: 'false'}).fleet).toBeNull();
  });

  const URL_SHAPE = '"fleet.url" must be a URL like "redis://host:6379"';
  test.each([
    ['', URL_SHAPE],
    ['redis.example:6379', URL_SHAPE],
    ['http://redis.example', URL_SHAPE],
    ['redis://', URL_SHAPE],
    ['redis://redis.example/name', URL_SHAPE],
    ['redis://redis.example?family=6', URL_SHAPE],
    ['{"url": "redis://h", "lease": "900ms"}', '"fleet.lease" must be a number of milliseconds'],
    ['{"url": "redis://h", "lease": "soon"}', '"fleet.lease" must be a number of milliseconds'],
    ['{"url": "redis://h", "run": ""}', '"fleet.run" must be a name'],
    ['{"url": "redis://h", "secret": "text"}', '"fleet.secret" must be an object like {"variable": "NAME"}'],
    ['{"urll": "redis://h"}', 'unknown option "fleet.urll". Did you mean "url"?'],
    ['3', '"fleet" must be false, or an object like {"url": "rediss://redis.example:6379"}'],
  ])('XDIST_FLEET=%s is a mistake', (text, problem) => {
    expect(() => resolveOptions([], {XDIST_FLEET: text})).toThrow(problem);
  });

  test('a mistake is told without the password in the URL', () => {
    const said = (XDIST_FLEET: string) => {
      try {
        return JSON.stringify(resolveOptions([], {XDIST_FLEET}));
      } catch (error) {
        return String(error);
      }
    };
    for (const text of ['http://me:hunter2@h', 'redis://me:hun/hunter2@h', '{"url": "redis://:hunter2@h/x"}']) {
      expect(said(text)).toContain('"fleet.url" must be');
      expect(said(text)).not.toContain('hunter2');
    }
  });

  test('a config has no password', () => {
    const config = {name: 'xdist.config.js', value: {fleet: {url: 'redis://me:hunter2@h'}}};
    expect(() => resolveOptions([config], {})).toThrow(
      'xdist.config.js: "fleet.url" has a password, and anybody who has the repository can read it. ' +
        'Set the environment variable XDIST_FLEET_PASSWORD.',
    );
  });

  test('the variables beside it are no options', () => {
    const variables = Object.fromEntries(FLEET_VARIABLES.map(name => [name, 'x']));
    expect(resolveOptions([], variables)).toEqual(DEFAULT_OPTIONS);
  });
});
