const {builtinModules} = require('node:module');
const tseslint = require('typescript-eslint');

/** Core is pure: what it knows of the world comes in as arguments. */
const worldlyGlobals = [
  'process',
  'Date',
  'crypto',
  'fetch',
  'Buffer',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'console',
  'require',
  'global',
  'globalThis',
];

const noJestCode = why => ({regex: '^(@jest/|jest)', allowTypeImports: true, message: why});
const shell = [
  {regex: '/worker/', message: 'the shell talks to a worker through protocol'},
  {regex: '/fixtures/', message: 'the shell talks to the fixture host through fixtureMessages'},
  {regex: '/realm/', message: 'what runs in the realm of a test file is run there alone'},
  {regex: '/stock/', message: "what is for Jest's own runner is no part of ours"},
  {regex: '/compile/', message: 'code is compiled where test files run'},
  noJestCode("the running Jest's parts come from runningJest, never from an import"),
];

const scheduler = {
  regex: '/(schedule|fileSessions|watermarks)$',
  allowTypeImports: true,
  message: 'only dispatch runs the scheduler',
};

/** Beside test files, which may mock what they share with us: Node's modules, by the name under which we would call them. */
const SHARED_MODULES = {
  regex: '^(node:)?(crypto|fs|path|perf_hooks|timers)$',
  allowTypeImports: true,
  message: 'a test may have mocked it: take it from src/pristine',
};
const sharedGlobals = ['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate'];
/** These run in a thread of their own, or in a process without tests. */
const BESIDE_NO_TESTS = [
  'endOfProcess',
  'hungStack',
  'inBandReport',
  'mainThread',
  'nodeProbe',
  'parentSocket',
  'sourcePlaces',
  'watchdogThread',
].map(name => `src/worker/${name}.ts`);

/** What a worker may import of ours. */
const workers = {
  regex:
    '/(shell|fixtures|stock)/|/index$|/core/(?!units$|protocol$|snapshotUse$|messages$|journal$|watching$)|/realm/(?!handover$)|/compile/(?!compileCache$|keptCode$)',
  message: 'a worker knows units, and what is said between processes',
};

/** The rings of ARCHITECTURE.md: which files may import what. The last entry that matches a file counts. */
const rings = [
  {
    files: ['src/core/**/*.ts'],
    patterns: [
      {regex: `^node:|^(${builtinModules.join('|')})$`, message: 'core does no I/O'},
      {
        regex: '/(shell|worker|compile|fixtures|realm|stock|pristine)/|/index$',
        message: 'core knows neither shell nor worker',
      },
      noJestCode('core knows types of Jest only'),
    ],
  },
  {
    files: ['src/worker/**/*.ts'],
    patterns: [workers, SHARED_MODULES],
  },
  {files: BESIDE_NO_TESTS, patterns: [workers]},
  {
    files: ['src/compile/**/*.ts'],
    patterns: [
      {
        regex: '/(shell|worker|fixtures|realm|stock)/|/index$|/core/(?!protocol$)',
        message: 'the compile cache knows what it was told to do, and nothing of a run',
      },
      noJestCode("the running Jest's jest-runtime comes by its path"),
      SHARED_MODULES,
    ],
  },
  {
    files: ['src/pristine/**/*.ts'],
    patterns: [{regex: '^\\.\\./', message: 'what is as Node made it knows nothing of ours'}],
  },
  {
    files: ['src/fixtures/**/*.ts'],
    patterns: [
      {
        regex:
          '/(shell|worker|compile|realm|stock)/|/index$|/core/(?!fixtureMessages$|fixtureFailures$|messages$|constraints$|units$|protocol$|timeSpan$)',
        message: 'the processes of fixtures know what is said between processes',
      },
      noJestCode("the running Jest's @jest/transform comes by its path"),
    ],
  },
  {
    files: ['src/realm/**/*.ts'],
    patterns: [
      {
        regex: '^[^.]|/(core|shell|worker|compile|fixtures|stock|pristine)/|/index$',
        allowTypeImports: true,
        message: 'in the realm of a test file any module may be a mock',
      },
    ],
  },
  {
    files: ['src/stock/**/*.ts'],
    patterns: [
      {
        regex:
          '/worker/|/compile/|/index$|/fixtures/(?!line$)|/shell/(dispatch|run|parallelRun|inBand|jestRunner|workerHost|workerServer)$',
        message: "under Jest's own runner there is none of ours",
      },
      {regex: '/realm/', allowTypeImports: true, message: 'what runs in the realm of a test file is run there alone'},
      noJestCode("the running Jest's parts come from runningJest, never from an import"),
      scheduler,
    ],
  },
  {
    files: ['src/shell/**/*.ts', 'src/index.ts'],
    patterns: [...shell, scheduler],
  },
  {files: ['src/run/dispatch.ts'], patterns: shell},
  // In band, Jest's process is the worker.
  {
    files: ['src/run/inBand.ts'],
    patterns: [...shell.filter(({regex}) => regex !== '/worker/' && regex !== '/compile/'), scheduler],
  },
];

module.exports = tseslint.config(
  {ignores: ['dist/', 'coverage/', 'test/e2e/installs/', 'test/e2e/projects/', 'examples/']},
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {parserOptions: {projectService: true, tsconfigRootDir: __dirname}},
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        {fixStyle: 'inline-type-imports', disallowTypeAnnotations: false},
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-require-imports': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        {
          varsIgnorePattern: '^_',
          argsIgnorePattern: '^_',
          destructuredArrayIgnorePattern: '^_',
          ignoreRestSiblings: true,
        },
      ],
    },
  },
  ...rings.map(({files, patterns}) => ({
    files,
    rules: {'@typescript-eslint/no-restricted-imports': ['error', {patterns}]},
  })),
  {
    files: [
      'src/core/**/*.ts',
      'src/worker/**/*.ts',
      'src/compile/**/*.ts',
      'src/fixtures/**/*.ts',
      'src/realm/**/*.ts',
      'src/stock/**/*.ts',
    ],
    rules: {
      'no-restricted-syntax': [
        'error',
        {selector: 'ImportExpression', message: 'import statically: the rings are checked there'},
      ],
    },
  },
  {
    files: ['src/core/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...worldlyGlobals.map(name => ({name, message: 'core is pure: pass it in'}))],
      'no-restricted-properties': [
        'error',
        {object: 'Math', property: 'random', message: 'randomness comes in as an argument'},
      ],
    },
  },
  {
    files: ['src/worker/**/*.ts', 'src/compile/**/*.ts'],
    ignores: BESIDE_NO_TESTS,
    rules: {
      'no-restricted-globals': [
        'error',
        ...sharedGlobals.map(name => ({name, message: 'a test may have mocked it: use src/pristine/clock'})),
      ],
      'no-restricted-properties': [
        'error',
        {object: 'process', property: 'memoryUsage', message: 'it may abort Node 20: use src/pristine/memory'},
      ],
    },
  },
);
