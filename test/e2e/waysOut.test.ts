/** Every way out of a run: the printed text, the exit code or signal, and that no process outlives the run. */
import type {ChildProcess} from 'node:child_process';
import {IN_ORDER, IS_THOROUGH, onEachLine, onLatestLine, type Files, type Project} from './project';
import {WatchSession} from './watching';

const PARALLEL = {env: {XDIST_IN_BAND: 'never'}};

/** A test that starts a process, and runs for as long as it is let. */
const spawns = (command: string, args: readonly string[]) => `test('waits', async () => {
  require('child_process').spawn(${JSON.stringify(command)}, ${JSON.stringify(args)}, {stdio: 'ignore'});
  await new Promise(() => {});
}, 600000);`;

/** The process that it starts says that it runs. */
const SPAWNS = spawns(process.execPath, ['child.js']);

/** As in an endless loop nothing reaches the process any more, but it takes no processor. */
const LOOPS = `test('loops', () => { require('fs').writeFileSync('looping', ''); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); });`;

const child = (onStart = '') =>
  `${onStart} require('fs').writeFileSync('child runs', ''); setInterval(() => {}, 1000);`;

const IGNORES_SIGNALS = `for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});`;

/** Two workers that are busy: one waits beside a process that a test has started, the other does not listen. */
const BUSY: Files = {'child.js': child(), 'loops.test.js': LOOPS, 'spawns.test.js': SPAWNS};

const untilBusy = (project: Project, jest: ChildProcess) => project.untilThere(jest, 'looping', 'child runs');

describe.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s in the middle of a run', signal => {
  onLatestLine('ends it with a summary, as killed by it, and leaves nothing behind', async (_line, make) => {
    const project = make(
      {
        ...BUSY,
        // The third worker has done this one when the signal comes, and is at the next.
        'done.test.js': `test('passes', async () => {
          const fs = require('fs');
          while (!(fs.existsSync('looping') && fs.existsSync('child runs'))) await new Promise(resolve => setTimeout(resolve, 20));
        }, 600000);`,
        'then.test.js': `test('waits', async () => { require('fs').writeFileSync('then', ''); await new Promise(() => {}); }, 600000);`,
        'zlast.test.js': 'test("never begins", () => {});',
        'sequencer.js': IN_ORDER,
        'teardown.js': 'module.exports = () => require("fs").writeFileSync("torn down", "");',
      },
      {testSequencer: './sequencer.js', globalTeardown: './teardown.js'},
    );
    const output = await project.run(['-w', '3'], {
      ...PARALLEL,
      meanwhile: async jest => {
        await project.untilThere(jest, 'then');
        // The worker does not wait until Jest has heard of the file that it has done.
        await project.untilHeard(jest, 'file-result', 'done.test.js');
        jest.kill(signal);
      },
    });
    expect(output).toMatchObject({exitCode: null, signal});
    expect(output.stderr).toContain(`jest-runner-xdist: ${signal}: the runner ends the workers`);
    expect(output.stderr).toMatch(/Tests: +3 failed, 1 passed, 4 total/);
    expect(output.stderr).toContain('Test run was interrupted.');
    expect(output.json).toMatchObject({
      wasInterrupted: true,
      numTotalTestSuites: 5,
      numPassedTestSuites: 1,
      numFailedTestSuites: 3,
      numRuntimeErrorTestSuites: 0,
    });
    for (const name of ['loops.test.js', 'spawns.test.js', 'then.test.js']) {
      expect(output.json?.testResults.find(result => result.name.endsWith(name))?.message).toMatch(
        new RegExp(
          `This run was interrupted while this test ran: ${signal} ended it\\.\\n\\s+The test ran in worker w[123]`,
        ),
      );
    }
    expect(project.exists('torn down')).toBe(true);
    expect(await project.leftProcesses()).toEqual([]);
  });
});

onLatestLine('a shell sees 130 of a run that Ctrl-C has ended', async (_line, make) => {
  const project = make({
    ...BUSY,
    'as-a-shell.js': `
      const {status} = require('child_process').spawnSync('sh', ['-c', '"$@"; exit $?', 'sh', process.execPath, ...process.argv.slice(2)], {stdio: 'inherit'});
      process.exit(status);`,
    // It tells the test which process to signal.
    'pid.js': 'module.exports = () => require("fs").writeFileSync("pid", String(process.pid));',
  });
  const {exitCode} = await project.run(['-w', '2', '--globalSetup=./pid.js'], {
    ...PARALLEL,
    nodeArgs: [project.path('as-a-shell.js')],
    meanwhile: async jest => {
      await untilBusy(project, jest);
      process.kill(Number(project.read('pid')), 'SIGINT');
    },
  });
  expect(exitCode).toBe(130);
  expect(await project.leftProcesses()).toEqual([]);
});

onLatestLine('a process of a test that does not heed the signal is killed', async (_line, make) => {
  const project = make({'child.js': child(IGNORES_SIGNALS), 'spawns.test.js': SPAWNS});
  const output = await project.run(['-w', '2'], {
    ...PARALLEL,
    meanwhile: async jest => {
      await project.untilThere(jest, 'child runs');
      jest.kill('SIGTERM');
    },
  });
  expect(output).toMatchObject({signal: 'SIGTERM', json: {wasInterrupted: true}});
  expect(await project.leftProcesses()).toEqual([]);
});

onLatestLine('a process of a test that heeds the signal has time to', async (_line, make) => {
  // A shell: on a busy machine, it needs less of the grace than Node does.
  const heeds = `trap 'echo > "tidied up"; exit' INT; echo > 'child runs'; while :; do sleep 1; done`;
  const project = make({'spawns.test.js': spawns('sh', ['-c', heeds])});
  await project.run(['-w', '2'], {
    ...PARALLEL,
    meanwhile: async jest => {
      await project.untilThere(jest, 'child runs');
      jest.kill('SIGINT');
    },
  });
  expect(project.exists('tidied up')).toBe(true);
  expect(await project.leftProcesses()).toEqual([]);
});

onLatestLine('a signal while the workers start leaves none of them', async (_line, make) => {
  const project = make({
    'a.test.js': 'test("a", () => {});',
    'preload.js': 'if (process.env.XDIST_WORKER) { require("fs").writeFileSync("starting", ""); for (;;); }',
  });
  const output = await project.run(['-w', '2'], {
    env: {...PARALLEL.env, NODE_OPTIONS: `--require ${project.path('preload.js')}`},
    meanwhile: async jest => {
      await project.untilThere(jest, 'starting');
      jest.kill('SIGINT');
    },
  });
  expect(output).toMatchObject({signal: 'SIGINT', json: {wasInterrupted: true, testResults: []}});
  expect(await project.leftProcesses()).toEqual([]);
});

onLatestLine('a file whose tests are shared is interrupted once', async (_line, make) => {
  const project = make({
    'a.test.js': `/** @can-split */
      const fs = require('fs');
      for (const n of [1, 2, 3, 4]) test('waits ' + n, async () => { fs.writeFileSync('running ' + process.env.XDIST_WORKER, ''); await new Promise(() => {}); }, 600000);`,
  });
  const output = await project.run(['-w', '2'], {
    ...PARALLEL,
    meanwhile: async jest => {
      await project.untilThere(jest, 'running w1', 'running w2');
      jest.kill('SIGINT');
    },
  });
  expect(output.signal).toBe('SIGINT');
  expect(output.json?.testResults).toHaveLength(1);
  expect(output.json?.testResults[0]?.message).toMatch(
    /● waits 1\n\n {4}This run was interrupted while this test ran[^]*in worker w1[^]*● waits 2\n\n {4}This run was interrupted[^]*in worker w2/,
  );
  expect(await project.leftProcesses()).toEqual([]);
});

onLatestLine('another runner of the same run does not begin after the signal', async (_line, make) => {
  const waits = (name: string) =>
    `test('waits', async () => { require('fs').writeFileSync('began ${name}', ''); await new Promise(() => {}); }, 600000);`;
  const project = make(
    {
      'one/a.test.js': waits('one'),
      'other/b.test.js': waits('other'),
      'other-runner.js': 'module.exports = require("jest-runner-xdist");',
    },
    {
      projects: [
        {testMatch: ['**/one/*.test.js'], transform: {}, runner: 'xdist'},
        {testMatch: ['**/other/*.test.js'], transform: {}, runner: './other-runner.js'},
      ],
    },
  );
  // Which of the two Jest begins with is chance.
  const began = () => ['began one', 'began other'].filter(path => project.exists(path));
  const output = await project.run(['-w', '2'], {
    ...PARALLEL,
    runner: 'config',
    meanwhile: async jest => {
      await Promise.race([project.untilThere(jest, 'began one'), project.untilThere(jest, 'began other')]);
      jest.kill('SIGINT');
    },
  });
  expect(output).toMatchObject({signal: 'SIGINT', json: {wasInterrupted: true}});
  expect(began()).toHaveLength(1);
  expect(await project.leftProcesses()).toEqual([]);
});

describe.each(IS_THOROUGH ? (['SIGINT', 'SIGTERM'] as const) : (['SIGTERM'] as const))(
  'a second signal, %s',
  second => {
    onLatestLine('ends Jest at once where a reporter hangs', async (_line, make) => {
      const project = make({
        ...BUSY,
        'hangs.js':
          'module.exports = class { onTestFileResult() { require("fs").writeFileSync("hanging", ""); return new Promise(() => {}); } };',
      });
      const output = await project.run(['-w', '2', '--reporters=./hangs.js'], {
        ...PARALLEL,
        meanwhile: async jest => {
          await untilBusy(project, jest);
          jest.kill('SIGINT');
          await project.untilThere(jest, 'hanging');
          jest.kill(second);
        },
      });
      expect(output).toMatchObject({signal: second, json: null});
      expect(await project.leftProcesses()).toEqual([]);
    });
  },
);

onLatestLine('a signal after the run is none of ours', async (_line, make) => {
  const project = make(
    {
      'a.test.js': 'test("a", () => {});',
      'teardown.js':
        'module.exports = () => { require("fs").writeFileSync("tearing down", ""); return new Promise(resolve => setTimeout(resolve, 600000)); };',
    },
    {globalTeardown: './teardown.js'},
  );
  const output = await project.run(['-w', '2'], {
    ...PARALLEL,
    meanwhile: async jest => {
      await project.untilThere(jest, 'tearing down');
      jest.kill('SIGTERM');
    },
  });
  expect(output.signal).toBe('SIGTERM');
  expect(output.stderr).not.toContain('jest-runner-xdist:');
});

onLatestLine('in band a signal does what it does with the stock runner', async (_line, make) => {
  const project = make({
    'a.test.js': `test('waits', async () => { require('fs').writeFileSync('running', ''); await new Promise(() => {}); }, 600000);`,
  });
  for (const runner of ['stock', 'xdist'] as const) {
    project.reset();
    const output = await project.run(['-i'], {
      runner,
      meanwhile: async jest => {
        await project.untilThere(jest, 'running');
        jest.kill('SIGINT');
      },
    });
    expect(output).toMatchObject({exitCode: null, signal: 'SIGINT', json: null});
    expect(output.stderr).not.toContain('jest-runner-xdist:');
  }
});

onLatestLine('--bail leaves no worker that loops, nor what a test has started', async (_line, make) => {
  const project = make({
    ...BUSY,
    'fails.test.js': `test('fails', async () => {
      const fs = require('fs');
      while (!(fs.existsSync('looping') && fs.existsSync('child runs'))) await new Promise(resolve => setTimeout(resolve, 20));
      throw new Error('no');
    }, 600000);`,
  });
  const {exitCode, stderr} = await project.run(['-w', '3', '--bail'], PARALLEL);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/Tests: +1 failed, 1 total/);
  expect(await project.leftProcesses()).toEqual([]);
});

const WHEN_BUSY =
  'const fs = require("fs"); const look = setInterval(() => { if (fs.existsSync("looping") && fs.existsSync("child runs")) { clearInterval(look); leave(); } }, 20);';

const LEAVING: readonly {readonly name: string; readonly leave: string; readonly exitCode: number}[] = [
  {name: 'process.exit in a reporter', leave: 'process.exit(5)', exitCode: 5},
  {name: 'an exception that nothing catches', leave: 'throw new Error("too late")', exitCode: 1},
];

for (const {name, leave, exitCode} of LEAVING) {
  onLatestLine(`${name} leaves no worker, nor what a test has started`, async (_line, make) => {
    const project = make({
      ...BUSY,
      'child.js': child(IGNORES_SIGNALS),
      'leaves.js': `module.exports = class { onRunStart() { const leave = () => { ${leave}; }; ${WHEN_BUSY} } };`,
    });
    const output = await project.run(['-w', '2', '--reporters=./leaves.js'], PARALLEL);
    expect(output).toMatchObject({exitCode, json: null});
    expect(await project.leftProcesses()).toEqual([]);
  });
}

const DYING = {
  'process.exit': 'process.exit(3)',
  SIGKILL: 'process.kill(process.pid, "SIGKILL")',
};

for (const [name, dies] of Object.entries(DYING)) {
  onLatestLine(`what a test has started ends with a worker that dies of ${name}`, async (_line, make) => {
    const project = make({
      'child.js': child(IGNORES_SIGNALS),
      'dies.test.js': `test('dies', async () => {
        require('child_process').spawn(process.execPath, ['child.js'], {stdio: 'ignore'});
        while (!require('fs').existsSync('child runs')) await new Promise(resolve => setTimeout(resolve, 20));
        ${dies};
        await new Promise(() => {});
      }, 600000);`,
      'next.test.js': 'test("a", () => {});',
    });
    const {exitCode, json} = await project.run(['-w', '2'], PARALLEL);
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({numPassedTests: 1, numFailedTests: 1, numRuntimeErrorTestSuites: 0});
    expect(await project.leftProcesses()).toEqual([]);
  });
}

onLatestLine(
  'what a test has started outlives a worker that ends as told, as with the stock runner',
  async (_line, make) => {
    const project = make({
      'child.js': child(),
      'leaves.test.js': `test('leaves a process behind', async () => {
        require('child_process').spawn(process.execPath, ['child.js'], {stdio: 'ignore'}).unref();
        while (!require('fs').existsSync('child runs')) await new Promise(resolve => setTimeout(resolve, 20));
      }, 600000);`,
      'next.test.js': 'test("a", () => {});',
    });
    for (const runner of ['stock', 'xdist'] as const) {
      project.reset();
      const {exitCode, stderr} = await project.run(['-w', '2'], {...PARALLEL, runner});
      expect(exitCode).toBe(0);
      expect(stderr).not.toContain('force exited');
      const left = project.processes();
      expect(left).toEqual([expect.stringContaining('child.js')]);
      for (const process of left) globalThis.process.kill(Number.parseInt(process), 'SIGKILL');
      expect(await project.leftProcesses()).toEqual([]);
    }
  },
);

onEachLine('Ctrl-C in watch mode leaves at once, and nothing behind', async (_line, make) => {
  const project = make(BUSY);
  const session = new WatchSession(project, ['-w', '2']);
  await untilBusy(project, session.jest);
  await session.leave('\u0003');
  expect(await project.leftProcesses()).toEqual([]);
});

onLatestLine('a signal in watch mode ends Jest at once, and leaves nothing behind', async (_line, make) => {
  const project = make(BUSY);
  const output = await project.run(['--watchAll', '--watchman=false', '-w', '2'], {
    meanwhile: async jest => {
      await untilBusy(project, jest);
      jest.kill('SIGINT');
    },
  });
  expect(output).toMatchObject({signal: 'SIGINT', json: null});
  expect(await project.leftProcesses()).toEqual([]);
});

/** Nobody is left to end anything: each worker finds out by itself. */
const LIFELINES: readonly {
  readonly name: string;
  readonly files: Files;
  readonly workers: number;
  readonly busy: readonly string[];
}[] = [
  {
    name: 'a worker spins in an endless loop',
    files: {'loops.test.js': LOOPS, 'ok.test.js': 'test("ok", () => {});'},
    workers: 2,
    busy: ['looping'],
  },
  {
    name: 'a test waits, and has started a process that heeds no signal',
    files: {'child.js': child(IGNORES_SIGNALS), 'spawns.test.js': SPAWNS, 'ok.test.js': 'test("ok", () => {});'},
    workers: 2,
    busy: ['child runs'],
  },
  {
    name: 'four workers are busy',
    files: {
      'child.js': child(IGNORES_SIGNALS),
      'spawns.test.js': SPAWNS,
      ...Object.fromEntries(
        ['a', 'b', 'c'].map(name => [
          `${name}.test.js`,
          `test('loops', () => {
            require('child_process').spawn(process.execPath, ['child.js'], {stdio: 'ignore'});
            require('fs').writeFileSync('looping ${name}', ''); for (;;);
          });`,
        ]),
      ),
    },
    workers: 4,
    busy: ['child runs', 'looping a', 'looping b', 'looping c'],
  },
  {
    name: 'a file that workers share spins in both of them',
    files: {
      'a.test.js': `/** @can-split */
        const fs = require('fs');
        for (const n of [1, 2, 3, 4]) {
          test('spins ' + n, async () => {
            fs.writeFileSync('running ' + process.env.XDIST_WORKER, '');
            while (!(fs.existsSync('running w1') && fs.existsSync('running w2'))) await new Promise(resolve => setTimeout(resolve, 20));
            for (;;);
          }, 600000);
        }`,
    },
    workers: 2,
    busy: ['running w1', 'running w2'],
  },
];

for (const {name, files, workers, busy} of LIFELINES) {
  onLatestLine(`nothing outlives a Jest that is killed while ${name}`, async (_line, make) => {
    const project = make(files);
    const output = await project.run(['-w', String(workers)], {
      ...PARALLEL,
      meanwhile: async jest => {
        await project.untilThere(jest, ...busy);
        jest.kill('SIGKILL');
      },
    });
    expect(output).toMatchObject({signal: 'SIGKILL', json: null});
    expect(await project.leftProcesses()).toEqual([]);
  });
}

onLatestLine('q in watch mode ends a run whose worker spins, and then Jest; nothing is left', async (_line, make) => {
  const project = make(BUSY);
  const session = new WatchSession(project, ['-w', '2']);
  await untilBusy(project, session.jest);
  session.press('q'); // while a run is under way it means: end that
  expect(await session.untilRun()).toContain('Test run was interrupted.');
  await session.leave();
  expect(await project.leftProcesses()).toEqual([]);
});
