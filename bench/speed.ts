/** What a run takes of time, CPU and memory, with the stock runner and with ours: suites of which loading modules is the most. */
import {rmSync} from 'node:fs';
import type {JestLine} from '../test/e2e/project';
import {measureRun, peakMemory, type Measured} from './measuredRun';
import {median} from './statistics';
import {prepareSuite, type Files, type Install, type PreparedSuite, type Suite} from './turns';

/** Ratios, ours to stock's, that are not to be more. */
interface Goals {
  readonly wall?: number;
  readonly inRunner?: number;
  readonly memory?: number;
}

interface SpeedSuite extends Suite {
  readonly args: readonly string[];
  readonly goals: Readonly<Record<JestLine, Goals>>;
}

type Sides<T> = Readonly<Record<'stock' | 'xdist', T>>;

/** Jest 29.7 compiles with what V8 keeps by itself: less is to be had. */
const ON_29: Goals = {wall: 0.95};
const MEMORY_ROUNDS = 3;

function files(count: number, text: (index: number) => string): Files {
  return Object.fromEntries(Array.from({length: count}, (_, index) => [`file${index}.test.js`, text(index)]));
}

function heavyImports(): SpeedSuite {
  return {
    name: '60 files with lodash and react-dom/server',
    files: files(
      60,
      index => `const _ = require('lodash');
const React = require('react');
const {renderToString} = require('react-dom/server');
test.each(_.range(10))('test %i', i => {
  expect(renderToString(React.createElement('p', {id: 'p' + i}, _.camelCase('file ${index}')))).toBe('<p id="p' + i + '">file${index}</p>');
});`,
    ),
    args: ['-w', '2'],
    rounds: 5,
    goals: {'30': {wall: 0.6, memory: 1.25}, '29': {...ON_29, memory: 1.25}},
  };
}

function testingLibrary(): SpeedSuite {
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
    args: ['-w', '2'],
    rounds: 3,
    goals: {'30': {wall: 0.75, memory: 1.25}, '29': {...ON_29, memory: 1.25}},
  };
}

function tinyFiles(): SpeedSuite {
  return {
    name: '300 tiny files without imports',
    files: files(300, index => `test('tiny', () => { expect(${index}).toBe(${index}); });`),
    args: ['-w', '2'],
    rounds: 5,
    goals: {'30': {wall: 0.6}, '29': ON_29},
  };
}

function oneTinyFile(): SpeedSuite {
  return {
    name: 'one tiny file',
    files: {'tiny.test.js': 'test("tiny", () => {});'},
    args: [],
    rounds: 31,
    goals: {'30': {inRunner: 0.82}, '29': {...ON_29, inRunner: 0.82}},
  };
}

export async function benchmarkSpeed(installs: readonly Install[]): Promise<void> {
  for (const install of installs) {
    for (const suite of [heavyImports(), testingLibrary(), tinyFiles(), oneTinyFile()]) await compare(install, suite);
  }
}

async function compare(install: Install, suite: SpeedSuite): Promise<void> {
  const side = (name: string, args: readonly string[]) =>
    prepareSuite(install, `${suite.name} ${name}`, suite.files, {args: [...args, ...suite.args]});
  const sides: Sides<PreparedSuite> = {stock: side('stock', []), xdist: side('xdist', ['--runner=xdist'])};
  try {
    const runs = measureInTurn(sides, suite.rounds);
    const goals = suite.goals[install.line];
    const memory = goals.memory === undefined ? null : await memoryInTurn(sides);
    for (const line of table(runs, memory, goals)) console.log(`${install.label}  ${suite.name}: ${line}`);
  } finally {
    for (const {folder} of Object.values(sides)) rmSync(folder, {recursive: true, force: true});
  }
}

const NAMES = ['stock', 'xdist'] as const;

/** Runs each once, so that transforms and durations are known, then all in turn. */
function measureInTurn(sides: Sides<PreparedSuite>, rounds: number): Sides<Measured[]> {
  const runs: Sides<Measured[]> = {stock: [], xdist: []};
  for (const name of NAMES) measureRun(sides[name]);
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? NAMES : [...NAMES].reverse()) runs[name].push(measureRun(sides[name]));
  }
  return runs;
}

/** In MB; null where it cannot be known. */
async function memoryInTurn(sides: Sides<PreparedSuite>): Promise<Sides<number> | null> {
  const peaks: Sides<(number | null)[]> = {stock: [], xdist: []};
  for (let round = 0; round < MEMORY_ROUNDS; round++) {
    for (const name of NAMES) peaks[name].push(await peakMemory(sides[name]));
  }
  const known = (all: (number | null)[]) => all.filter(peak => peak !== null);
  if (known(peaks.stock).length === 0) return null;
  return {stock: median(known(peaks.stock)), xdist: median(known(peaks.xdist))};
}

function table(runs: Sides<Measured[]>, memory: Sides<number> | null, goals: Goals): string[] {
  const of = (pick: (run: Measured) => number): Sides<number> => ({
    stock: median(runs.stock.map(pick)),
    xdist: median(runs.xdist.map(pick)),
  });
  const measuresCpu = runs.stock.every(run => run.cpuMs !== null);
  const share = (run: Measured) => (100 * run.parentCpuMs) / (run.cpuMs ?? NaN);
  const shares = of(share);
  const rows = [
    row(
      'wall',
      of(run => run.wallMs),
      'ms',
      goals.wall,
    ),
  ];
  if (goals.inRunner !== undefined)
    rows.push(
      row(
        'in the runner',
        of(run => run.inRunnerMs),
        'ms',
        goals.inRunner,
      ),
    );
  rows.push(
    measuresCpu
      ? row(
          'CPU of all processes',
          of(run => run.cpuMs!),
          'ms',
        )
      : 'CPU of all processes: n/a',
  );
  rows.push(
    row(
      "CPU of Jest's own process",
      of(run => run.parentCpuMs),
      'ms',
    ),
  );
  if (measuresCpu) rows[rows.length - 1] += `, of all ${shares.stock.toFixed(0)} % and ${shares.xdist.toFixed(0)} %`;
  if (goals.memory !== undefined)
    rows.push(memory === null ? 'memory at the peak: n/a' : row('memory at the peak', memory, 'MB', goals.memory));
  return rows;
}

function row(what: string, {stock, xdist}: Sides<number>, unit: string, goal?: number): string {
  const wanted = goal === undefined ? '' : ` (goal: <= ${goal.toFixed(2)})`;
  return `${what} ${(xdist / stock).toFixed(3)}${wanted}   stock ${stock.toFixed(0)} ${unit}, xdist ${xdist.toFixed(0)} ${unit}`;
}
