/** Under Jest's own runner, shared fixtures are taken down however Jest ends. */
import type {ChildProcess} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {IS_THOROUGH, onLatestLine, type Files, type Project} from './project';
import {BY_STOCK, declares, expectPassed, fixture, log, reads, run, STOCK, TWO_FILES} from './stockFixtureRuns';
import {replace, WatchSession} from './watching';

/** A terminal signals all that is in the process group of what runs in it. */
function pressCtrlC(project: Project, jest: ChildProcess): void {
  const groupOf = (pid: number) =>
    readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')[2];
  const pids = project.processes().map(line => parseInt(line));
  const group = groupOf(jest.pid ?? 0);
  for (const pid of pids.filter(one => groupOf(one) === group)) process.kill(pid, 'SIGINT');
}

/** Those that run a test outlive a Jest that was killed. */
function killStockWorkers(project: Project): void {
  const workers = project.processes().filter(line => line.includes('processChild'));
  for (const line of workers) {
    try {
      process.kill(parseInt(line), 'SIGKILL');
    } catch {
      // An idle one has ended by itself.
    }
  }
}

describe('everything is taken down, and no process is left behind,', () => {
  const HANGS = declares(
    ['./fixtures/b'],
    `sharedFixture('./fixtures/b');
     test('hangs', async () => { require('fs').writeFileSync('hangs', ''); await new Promise(resolve => setTimeout(resolve, 150_000)); }, 200_000);`,
  );
  const FILES: Files = {
    'fixtures/a.js': fixture('a'),
    'fixtures/b.js': fixture('b', '1', ' * @shared-fixture ./a\n'),
    'a.test.js': HANGS,
    'b.test.js': 'test("b", () => {});',
  };
  const DONE = ['set up a', 'set up b', 'took down b', 'took down a'];

  const ends: readonly [string, NodeJS.Signals, (project: Project, jest: ChildProcess) => void][] = [
    ['when Jest was killed', 'SIGKILL', (_project, jest) => void jest.kill('SIGKILL')],
    ['after Ctrl-C', 'SIGINT', pressCtrlC],
  ];
  for (const [when, signal, end] of ends) {
    onLatestLine(when, async (_line, make) => {
      const project = make(FILES, STOCK);
      for (const args of IS_THOROUGH ? [['-i'], ['-w', '2']] : [['-w', '2']]) {
        project.reset();
        const output = await project.run(args, {
          ...BY_STOCK,
          meanwhile: async jest => {
            await project.untilThere(jest, 'hangs');
            const exited = new Promise(resolve => jest.once('exit', resolve));
            end(project, jest);
            await exited;
            killStockWorkers(project);
          },
        });
        expect(output.signal).toBe(signal);
        expect(await project.leftProcesses()).toEqual([]);
        expect(log(project)).toEqual(DONE);
      }
    });
  }

  onLatestLine('when Jest is killed while a test waits for a setup', async (_line, make) => {
    const project = make(
      {
        'fixtures/slow.js': `${fixture('slow')}
          exports.setup = async () => {
            note('sets up');
            while (!require('fs').existsSync('go on')) await new Promise(resolve => setTimeout(resolve, 20));
            note('set up');
          };`,
        'a.test.js': reads('./fixtures/slow', null),
      },
      STOCK,
    );
    const {signal} = await project.run(['-i'], {
      ...BY_STOCK,
      meanwhile: async jest => {
        await project.untilThere(jest, 'LOG');
        jest.kill('SIGKILL');
        await new Promise(resolve => jest.once('exit', resolve));
        project.write('go on', '');
      },
    });
    expect(signal).toBe('SIGKILL');
    expect(await project.leftProcesses()).toEqual([]);
    expect(log(project)).toEqual(['sets up slow', 'set up slow', 'took down slow']);
  });

  onLatestLine('with --bail, where Jest calls no globalTeardown', async (_line, make) => {
    const project = make(
      {
        ...FILES,
        'a.test.js': declares(['./fixtures/b'], "test('fails', () => expect(sharedFixture('./fixtures/b')).toBe(2));"),
      },
      STOCK,
    );
    const output = await run(project, ['-i', '--bail']);
    expect(output.exitCode).toBe(1);
    expect(output.done).toEqual(DONE);
  });

  onLatestLine('after each run of watch mode', async (_line, make) => {
    const project = make({...TWO_FILES, 'd.test.js': 'test("d", () => {});'}, STOCK);
    const session = new WatchSession(project, ['-w', '2'], 'stock');
    await session.untilRun();
    replace(project, 'd.test.js', 'test("another", () => {});');
    expect(await session.untilRun()).toMatch(/Tests: +4 passed, 4 total/);
    await session.leave();
    expect(await project.leftProcesses()).toEqual([]);
    expect(log(project)).toEqual(['set up db', 'took down db', 'set up db', 'took down db']);
  });
});

onLatestLine('when the process that looks after fixtures is killed, tests and the run fail', async (_line, make) => {
  const project = make(
    {
      'fixtures/db.js': fixture('db'),
      'a.test.js': declares(
        ['./fixtures/db'],
        `test('reads', () => {
           for (const pid of require('fs').readdirSync('/proc').filter(name => /^\\d+$/.test(name))) {
             try {
               const {readFileSync, readlinkSync} = require('fs');
               if (readlinkSync('/proc/' + pid + '/cwd') === process.cwd() && readFileSync('/proc/' + pid + '/cmdline', 'utf8').includes('stockMain')) process.kill(pid, 'SIGKILL');
             } catch {}
           }
           sharedFixture('./fixtures/db');
         });`,
      ),
    },
    STOCK,
  );
  const output = await run(project, ['-i']);
  expect(output.exitCode).toBe(1);
  expect(output.stderr).toContain('the process that looks after all shared fixtures cannot be asked: it is gone.');
  expect(output.stderr).toContain(
    'the process that looks after all shared fixtures is gone: it was killed by signal SIGKILL.',
  );
});

onLatestLine('without a globalTeardown, Jest ends as ever, and all is taken down after it', async (_line, make) => {
  const {globalTeardown: _, ...others} = STOCK;
  const project = make(TWO_FILES, others);
  for (const args of [['-i'], ['-w', '2']]) {
    const output = await run(project, args);
    expectPassed(output, 3);
    expect(output.done).toEqual(['set up db', 'took down db']);
    expect(output.stderr).not.toContain('did not exit');
  }
});
