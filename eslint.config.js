const tseslint = require('typescript-eslint');
const besideNoTests = require('./besideNoTests.cjs');

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

/** Test files share these with the worker, and may mock them. */
const sharedGlobals = ['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate'];

module.exports = tseslint.config(
  {ignores: ['dist/', 'coverage/', 'test/e2e/installs/', 'test/e2e/projects/', 'examples/']},
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'docs/**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {project: ['tsconfig.json', 'src/report/page/tsconfig.json'], tsconfigRootDir: __dirname},
    },
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
  {
    files: ['src/**/*.ts'],
    ignores: ['src/run/**/*.ts', 'src/index.ts'],
    rules: {
      'no-restricted-syntax': ['error', {selector: 'ImportExpression', message: 'import statically'}],
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
    files: ['src/worker/**/*.ts'],
    ignores: besideNoTests,
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
