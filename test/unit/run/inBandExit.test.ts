import {isTestsExit} from '../../../src/run/inBandExit';

const RUNNER = '/app/node_modules/jest-runner/build/testWorker.js';
const TESTS = `Error
    at process.tellOfExit (/app/node_modules/jest-runner-xdist/dist/run/inBand.js:80:20)
    at process.emit (node:events:524:28)
    at exit (node:internal/process/per_thread:184:15)
    at Object.exit (/app/node_modules/jest-runner/build/index.js:230:14)
    at Object.exit (/app/a.test.js:1:30)
    at Promise.then.completed (/app/node_modules/jest-circus/build/jestAdapterInit.js:1520:10)`;
const REPORTERS = `Error
    at process.tellOfExit (/app/node_modules/jest-runner-xdist/dist/run/inBand.js:80:20)
    at process.emit (node:events:524:28)
    at process.exit (node:internal/process/per_thread:184:15)
    at Reporter.onTestFileStart (/app/reporter.js:2:30)
    at ReporterDispatcher.onTestFileStart (/app/node_modules/@jest/core/build/index.js:1230:20)
    at async Emittery.emit (/app/node_modules/emittery/index.js:363:3)
    at async TestRunner.runTests (/app/node_modules/jest-runner/build/index.js:500:5)`;
const UNCAUGHT = `Error
    at process.tellOfExit (/app/node_modules/jest-runner-xdist/dist/run/inBand.js:80:20)
    at process.emit (node:events:524:28)
    at process._fatalException (node:internal/process/execution:195:19)`;

test.each([
  ['a test', TESTS, true],
  ['a reporter', REPORTERS, false],
  ['an uncaught error', UNCAUGHT, true],
])('Jest is ended by %s', (_who, stack, expected) => {
  expect(isTestsExit(stack, RUNNER)).toBe(expected);
});
