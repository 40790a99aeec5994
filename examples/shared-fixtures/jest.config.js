/** @type {import('jest').Config} */
module.exports = {
  runner: 'xdist',
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/fixtures', '<rootDir>/test'],
  // Fixtures are transformed like everything else.
  transform: {'\\.ts$': ['@swc/jest', {jsc: {parser: {syntax: 'typescript'}}}]},
};
