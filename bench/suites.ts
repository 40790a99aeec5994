/** Measures whole runs of the `jest` command on generated suites. The stock runner and ours take turns. */
import {timeInTurn, type Install, type Suite} from './turns';

export interface Comparison extends Suite {
  readonly goal: number;
  readonly args: readonly string[];
}

/** 60 small files, each with some logic of its own, a module that all files share, and a few timers. */
export function smallFiles(): Comparison {
  const files: Record<string, string> = {
    'shared.js': `exports.table = Array.from({length: 2000}, (_, i) => ({id: i, name: 'n' + i}));
exports.find = id => exports.table.find(row => row.id === id);`,
  };
  for (let index = 0; index < 60; index++) {
    files[`small${index}.test.js`] = `const {find} = require('./shared');
describe('file ${index}', () => {
${Array.from({length: 10}, (_, test) => `  test('test ${test}', () => { expect(find(${index * 10 + test})).toEqual({id: ${index * 10 + test}, name: 'n${index * 10 + test}'}); });`).join('\n')}
});`;
  }
  return {name: '60 small files, -w 2', goal: 1, files, args: ['-w', '2'], rounds: 9};
}

function oneTinyFile(): Comparison {
  return {name: 'one tiny file', goal: 1.05, files: {'tiny.test.js': 'test("tiny", () => {});'}, args: [], rounds: 31};
}

/** Prints the ratio of the medians, ours to stock's. */
function compare(install: Install, suite: Comparison): void {
  const {stock, xdist} = timeInTurn(install, suite, {
    stock: {args: suite.args},
    xdist: {args: ['--runner=xdist', ...suite.args]},
  });
  console.log(
    `${install.label}  ${suite.name}: stock ${stock.toFixed(2)} s, xdist ${xdist.toFixed(2)} s, ` +
      `ratio ${(xdist / stock).toFixed(3)}   (goal: <= ${suite.goal.toFixed(2)}, median of ${suite.rounds})`,
  );
}

export function benchmarkSuites(installs: readonly Install[]): void {
  for (const install of installs) {
    for (const suite of [smallFiles(), oneTinyFile()]) compare(install, suite);
  }
}
