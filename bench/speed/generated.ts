/** Suites that use the install of the end-to-end tests. They measure the runner and the loading of modules. */
import {numbered, type Goals, type SpeedSuite} from './suite';

/** V8 itself caches the scripts of Jest 29.7, so there is less to gain. */
const ON_29: Goals = {wall: 0.95};

function files(count: number, text: (index: number) => string) {
  return numbered(count, index => [`file${index}.test.js`, text(index)]);
}

const withLodashAndReact = (index: number) => `const _ = require('lodash');
const React = require('react');
const {renderToString} = require('react-dom/server');
test.each(_.range(10))('test %i', i => {
  expect(renderToString(React.createElement('p', {id: 'p' + i}, _.camelCase('file ${index}')))).toBe('<p id="p' + i + '">file${index}</p>');
});`;

export function heavyImports(): SpeedSuite {
  return {
    name: '60 files with lodash and react-dom/server',
    files: files(60, withLodashAndReact),
    tests: 600,
    args: ['-w', '2'],
    rounds: 5,
    goals: {'30': {wall: 0.6, memory: 1.25}, '29': {...ON_29, memory: 1.25}},
  };
}

/** A run of two or three seconds, much of which is its start. */
export function smallSuite(): SpeedSuite {
  return {
    name: '15 files with lodash and react-dom/server',
    files: files(15, withLodashAndReact),
    tests: 150,
    args: ['-w', '2'],
    rounds: 9,
  };
}

export function testingLibrary(): SpeedSuite {
  return {
    name: '60 files in jsdom with @testing-library/react',
    files: {
      'jest.config.json': JSON.stringify({
        transform: {},
        cacheDirectory: '<rootDir>/.cache',
        testEnvironment: 'jsdom',
      }),
      ...files(
        60,
        index => `const React = require('react');
const {fireEvent, render, screen} = require('@testing-library/react');
function Counter() {
  const [count, setCount] = React.useState(${index});
  return React.createElement('button', {onClick: () => setCount(count + 1)}, 'count: ' + count);
}
test.each([1, 2, 3])('click %i', times => {
  render(React.createElement(Counter));
  for (let i = 0; i < times; i++) fireEvent.click(screen.getByText(/count/));
  expect(screen.getByText(/count/).textContent).toBe('count: ' + (${index} + times));
});`,
      ),
    },
    tests: 180,
    args: ['-w', '2'],
    rounds: 3,
    goals: {'30': {wall: 0.75, memory: 1.25}, '29': {...ON_29, memory: 1.25}},
  };
}

export function tinyFiles(): SpeedSuite {
  return {
    name: '300 tiny files without imports',
    files: files(300, index => `test('tiny', () => { expect(${index}).toBe(${index}); });`),
    tests: 300,
    args: ['-w', '2'],
    rounds: 5,
    goals: {'30': {wall: 0.6}, '29': ON_29},
  };
}

export function oneTinyFile(): SpeedSuite {
  return {
    name: 'one tiny file',
    files: {'tiny.test.js': 'test("tiny", () => {});'},
    tests: 1,
    args: [],
    rounds: 31,
    goals: {'30': {inRunner: 0.82}, '29': {...ON_29, inRunner: 0.82}},
  };
}

/** Each worker loads TypeScript. The first run has already checked the types. */
export function tsJest(): SpeedSuite {
  return {
    name: '24 small files with ts-jest',
    files: {
      'jest.config.json': JSON.stringify({
        preset: 'ts-jest',
        cacheDirectory: '<rootDir>/.cache',
        testEnvironment: 'node',
      }),
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          target: 'es2022',
          module: 'commonjs',
          moduleResolution: 'node10',
          ignoreDeprecations: '6.0',
          strict: true,
          esModuleInterop: true,
          types: [],
        },
      }),
      ...numbered(24, index => [
        `src/module${index}.ts`,
        `export interface Item { readonly id: number; readonly tags: readonly string[] }
export const withTag = (items: readonly Item[], tag: string): Item[] => items.filter(({tags}) => tags.includes(tag));
export const ids = (items: readonly Item[]): number[] => items.map(({id}) => id + ${index});
`,
      ]),
      ...numbered(24, index => [
        `src/module${index}.test.ts`,
        `import {expect, test} from '@jest/globals';
import {ids, withTag, type Item} from './module${index}';
const items: Item[] = [1, 2, 3, 4].map(id => ({id, tags: id % 2 === 0 ? ['even'] : []}));
test.each([['even', 2], ['odd', 0]])('%s', (tag, count) => { expect(withTag(items, tag)).toHaveLength(count); });
test('ids', () => { expect(ids(items)).toEqual([1, 2, 3, 4].map(id => id + ${index})); });
`,
      ]),
    },
    tests: 72,
    args: ['-w', '2'],
    rounds: 5,
  };
}

/** Jest keeps every test's result and output until the run ends. */
export function largeResults(): SpeedSuite {
  return {
    name: '40 files of 1,000 tests that print',
    files: files(
      40,
      index => `describe('file ${index}', () => {
  test.each(Array.from({length: 1000}, (_, i) => i))('a title as long as that of a test which says what it is about, %i', i => {
    if (i % 100 === 0) console.log('x'.repeat(10_000));
    expect(i).toBe(i);
  });
});`,
    ),
    tests: 40_000,
    args: ['-w', '2'],
    rounds: 3,
  };
}
