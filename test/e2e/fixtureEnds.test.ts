/** Shared fixtures are taken down on every way out of a run. */
import {fixture, fixtureLog, testFile, usersOf} from './fixtureProject';
import {IN_ORDER, onLatestLine} from './project';
import {replace, WatchSession} from './watching';

const PARALLEL = {env: {XDIST_IN_BAND: 'never'}};

describe('on every way out it is taken down', () => {
  const WAITS = testFile(
    ['@shared-fixture ./db.js'],
    `test('waits', async () => { require('fs').writeFileSync('waiting', ''); await new Promise(() => {}); }, 600000);`,
  );
  const SLOW_DOWN = fixture('db', {teardown: `await new Promise(resolve => setTimeout(resolve, 300));`});

  describe.each(['SIGINT', 'SIGKILL'] as const)('%s', signal => {
    onLatestLine('of a run over workers', async (_line, make) => {
      const project = make({'db.js': SLOW_DOWN, 'a.test.js': WAITS, 'b.test.js': 'test("other", () => {});'});
      const output = await project.run(['-w', '2'], {
        ...PARALLEL,
        meanwhile: async jest => {
          await project.untilThere(jest, 'waiting');
          jest.kill(signal);
        },
      });
      expect(output.signal).toBe(signal);
      expect(await project.leftProcesses()).toEqual([]);
      expect(fixtureLog(project)).toEqual(['db up', 'db down']);
    });

    onLatestLine('of a run in band', async (_line, make) => {
      const project = make({'db.js': SLOW_DOWN, 'a.test.js': WAITS});
      const output = await project.run(['-i'], {
        meanwhile: async jest => {
          await project.untilThere(jest, 'waiting');
          jest.kill(signal);
        },
      });
      expect(output.signal).toBe(signal);
      expect(await project.leftProcesses()).toEqual([]);
      expect(fixtureLog(project)).toEqual(['db up', 'db down']);
    });
  });

  onLatestLine('--bail in band', async (_line, make) => {
    const project = make(
      {
        'db.js': SLOW_DOWN,
        'a.test.js': testFile(['@shared-fixture ./db.js'], `test('fails', () => { throw new Error('enough'); });`),
        'b.test.js': testFile(['@shared-fixture ./db.js'], `test('passes', () => {});`),
        'sequencer.js': IN_ORDER,
      },
      {testSequencer: './sequencer.js'},
    );
    const output = await project.run(['-i', '--bail']);
    expect(output.exitCode).toBe(1);
    expect(fixtureLog(project)).toEqual(['db up', 'db down']);
    expect(await project.leftProcesses()).toEqual([]);
  });

  onLatestLine('--bail', async (_line, make) => {
    const project = make({
      'db.js': SLOW_DOWN,
      'a.test.js': WAITS,
      'b.test.js': testFile(
        ['@shared-fixture ./db.js'],
        `test('fails', async () => {
        while (!require('fs').existsSync('waiting')) await new Promise(resolve => setTimeout(resolve, 20));
        throw new Error('enough');
      }, 600000);`,
      ),
    });
    const output = await project.run(['-w', '2', '--bail'], PARALLEL);
    expect(output.exitCode).toBe(1);
    // Before Jest leaves, which it does at once.
    expect(fixtureLog(project)).toEqual(['db up', 'db down']);
    expect(await project.leftProcesses()).toEqual([]);
  });

  onLatestLine('each run of watch mode', async (_line, make) => {
    const project = make({'db.js': fixture('db', {value: `{url: 'there'}`}), ...usersOf('./db', 2)});
    const session = new WatchSession(project, ['-w', '2']);
    await session.untilRun();
    expect(fixtureLog(project)).toEqual(['db up', 'db down']);
    replace(project, 'user1.test.js', project.read('user1.test.js') + '\n');
    await session.untilRun();
    expect(fixtureLog(project)).toEqual(['db up', 'db down', 'db up', 'db down']);
    await session.leave();
    expect(await project.leftProcesses()).toEqual([]);
  });

  describe.each([
    ['an interrupted run of watch mode', '\r'],
    ["watch mode's Ctrl-C", '\u0003'],
  ])('%s', (_, key) => {
    onLatestLine('in the middle of a run', async (_line, make) => {
      const project = make({'db.js': SLOW_DOWN, 'a.test.js': WAITS, 'b.test.js': 'test("other", () => {});'});
      const session = new WatchSession(project, ['-w', '2']);
      await project.untilThere(session.jest, 'waiting');
      if (key === '\r') {
        session.press(key);
        expect(await session.untilRun()).toContain('Test run was interrupted.');
        expect(fixtureLog(project)).toEqual(['db up', 'db down']);
        await session.leave();
      } else {
        await session.leave(key);
      }
      expect(await project.leftProcesses()).toEqual([]);
      expect(fixtureLog(project)).toEqual(['db up', 'db down']);
    });
  });
});
