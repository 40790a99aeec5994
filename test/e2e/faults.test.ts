/** These tests inject faults into the runner itself. In every case the run ends, and each file has a result. */
import {onEachLine, onLatestLine, type JestOutput, type Project} from './project';

const OURS = '../../node_modules/jest-runner-xdist/dist';

/** Loaded into every process of the run before all else. */
const preload = (project: Project) => ({NODE_OPTIONS: `--require ${project.path('preload.js')}`});

const FAULT = 'The test runner failed while';

const test = (body = '') => `test('a', async () => { ${body} });`;

/** By the name of the file: whether it has passed, or the first lines of why not. */
function endsOf({json}: JestOutput): Record<string, string> {
  const ends = json?.testResults.map(({name, status, message}) => [
    name.replace(/^.*[\\/]/, ''),
    status === 'passed' ? status : (message.match(/The test runner failed .*|Error: .*/)?.[0] ?? message),
  ]);
  return Object.fromEntries(ends ?? []) as Record<string, string>;
}

onLatestLine(
  'the scheduler throws: files that have ended keep their results, the others fail with the fault',
  async (_line, make) => {
    const project = make({
      '1.test.js': test(),
      '2.test.js': test('await new Promise(() => {});'),
      '3.test.js': test(),
      'preload.js': `
        if (process.env.JEST_WORKER_ID === undefined) {
          const schedule = require('${OURS}/core/schedule/step.js');
          const {step} = schedule;
          let ended = 0;
          schedule.step = (state, event, now) => {
            if (event.type === 'unit-done' && ++ended === 2) throw new TypeError('no such slot');
            return step(state, event, now);
          };
        }`,
    });
    const output = await project.run(['-w', '2'], {env: {...preload(project), XDIST_IN_BAND: 'never'}});
    expect(output.exitCode).toBe(1);
    const {json, stderr} = output;
    expect(json).toMatchObject({numTotalTestSuites: 3, numPassedTestSuites: 2, numFailedTestSuites: 1});
    const fault = `${FAULT} the scheduler dealt with the event "unit-done". This is an error in jest-runner-xdist, not in a test. The run ended early; files without a result by then have none.`;
    // The result whose end broke the scheduler is there, too.
    expect(endsOf(output)).toEqual({'1.test.js': 'passed', '2.test.js': fault, '3.test.js': 'passed'});
    // Told once beside the files: where all have a result already nothing else would say it.
    expect(stderr.match(/^jest-runner-xdist: The test runner failed/gm)).toHaveLength(1);
    expect(stderr).toMatch(/\| TypeError: no such slot\n +\| +at .*preload\.js/);
    expect(stderr).toMatch(/^jest-runner-xdist \d+\.\d+\.\d+, Jest \d+\.\d+\.\d+, Node v\d+\.\d+\.\d+, \w+$/m);
    expect(stderr).toMatch(/with this text and the recording of the run, .*run\.xdist\./);
    expect(await project.leftProcesses()).toEqual([]);
  },
);

onLatestLine(
  'a worker is given a line that is no message: the test that runs meanwhile is not taken for its cause',
  async (_line, make) => {
    const project = make({
      '1.test.js': test(
        "const {buffer, callback} = require('net').fromJest; buffer.set(Buffer.from('no JSON\\n')); callback(8); await new Promise(() => {});",
      ),
      '2.test.js': test(),
      'preload.js': `
        if (process.env.JEST_WORKER_ID !== undefined && require('worker_threads').isMainThread) {
          const net = require('net');
          const {createConnection} = net;
          net.createConnection = (...args) => {
            net.fromJest = args[0].onread; // Node reads into that buffer, and calls that function
            return createConnection(...args);
          };
        }`,
    });
    const output = await project.run(['-w', '2'], {env: {...preload(project), XDIST_IN_BAND: 'never'}});
    expect(output.exitCode).toBe(1);
    expect(endsOf(output)['1.test.js']).toMatch(new RegExp(`^${FAULT} worker w\\d was given an order\\.`));
    expect(output.json?.numTotalTestSuites).toBe(2);
    expect(output.stderr).toContain('expected JSON, got "no JSON"');
    expect(await project.leftProcesses()).toEqual([]);
  },
);

onEachLine(
  'the fixture host says what is no message: the run ends, over workers and in band',
  async (_line, make) => {
    const project = make({
      '1.test.js': `/** @shared-fixture ./db.js */ ${test()}`,
      '2.test.js': `/** @shared-fixture ./db.js */ ${test()}`,
      'db.js': 'exports.setup = () => 1;',
      'preload.js': `if (/fixtures.host\\.js$/.test(process.argv[1])) require('fs').writeSync(3, 'no JSON\\n');`,
    });
    for (const args of [['-w', '2'], ['-i']]) {
      const output = await project.run(args, {env: {...preload(project), XDIST_IN_BAND: 'never'}});
      expect(output.exitCode).toBe(1);
      expect(output.json?.numFailedTestSuites).toBe(2);
      expect(output.stderr).toMatch(new RegExp(`^jest-runner-xdist: ${FAULT} the fixture host said something`, 'm'));
      expect(await project.leftProcesses()).toEqual([]);
    }
  },
  ['30'],
);
