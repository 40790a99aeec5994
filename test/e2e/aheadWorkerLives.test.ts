/**
 * Lives of the workers that a watch session starts ahead of its next run: how many there are, when they die, and when
 * the run does not use them.
 */
import {ENTER, inSession, lastStates, OTHER, outcomeOf, states, TOO_SLOW, untilWaiting} from './aheadSessions';
import {IS_THOROUGH, longGrace, type Project} from './project';
import {inWatchMode, replace, type WatchSession} from './watching';

inWatchMode('the warning of a worker that does not end is that of each run', async (_line, make) => {
  const project = make({...OTHER, 'a.test.js': 'test("leaks", () => { setInterval(() => {}, 1000); });'});
  await inSession(project, async session => {
    for (let run = 0; run < 2; run++) {
      expect(await session.untilRun()).toContain('A worker process has failed to exit gracefully');
      if (run === 0) session.press(ENTER);
    }
    await session.leave();
    expect(await project.leftProcesses()).toEqual([]);
  });
});

inWatchMode('a worker that is killed while it waits is replaced, and nobody hears of it', async (line, make) => {
  const project = make({...OTHER, 'a.test.js': 'test("a", () => {});'}, longGrace(line));
  await inSession(project, async session => {
    await session.untilRun();
    await untilWaiting(project);
    const [one, two] = [1, 2].map(slot => lastStates(project).get(slot)?.pid ?? 0);
    process.kill(one ?? 0, 'SIGKILL');
    session.press(ENTER);
    const rerun = await session.untilRun();
    expect(rerun).toMatch(/Tests: +2 passed, 2 total/);
    expect(rerun).not.toMatch(/jest-runner-xdist|worker|signal/);
    const ready = states(project).flatMap(({pid, state}) => (state.type === 'ready' ? [pid] : []));
    const tooSlow = states(project).some(({pid, state}) => {
      return pid === two && state.type === 'leaves' && state.why === TOO_SLOW;
    });
    expect(ready).toEqual(tooSlow ? [] : [two]);
    await session.leave();
    expect(await project.leftProcesses()).toEqual([]);
  });
});

inWatchMode(
  'a worker that was started ahead and dies costs one test',
  async (_line, make) => {
    const passing = 'test("before", () => {}); test("after", () => {});';
    const dying = `
    test('before', () => {});
    test('dies', () => process.kill(process.pid, 'SIGSEGV'));
    test('after', () => {});`;
    const project = make({...OTHER, 'c.test.js': passing});
    await inSession(project, async session => {
      await session.untilRun();
      for (const text of [dying, passing, dying]) {
        await untilWaiting(project);
        replace(project, 'c.test.js', text);
        await session.untilRun();
        const tests = outcomeOf(project)['c.test.js']?.map(test => test.split(' | ').slice(0, 2).join(': '));
        const died = text === dying ? ['dies: failed'] : [];
        expect(tests?.sort()).toEqual(['after: passed', 'before: passed', ...died]);
      }
      await session.leave();
    });
  },
  [{line: '30'}],
);

const WAYS_OUT: Readonly<Record<string, (session: WatchSession) => unknown>> = {
  q: session => session.press('q'),
  'Ctrl-C': session => session.press('\u0003'),
  SIGINT: session => session.jest.kill('SIGINT'),
  SIGTERM: session => session.jest.kill('SIGTERM'),
  SIGKILL: session => session.jest.kill('SIGKILL'),
};

inWatchMode('whichever way Jest ends between two runs, no worker lives on', async (_line, make) => {
  // All but SIGKILL end a worker in one way, whatever it does: when Jest exits.
  const ways = Object.entries(WAYS_OUT).filter(([way]) => IS_THOROUGH || ['q', 'SIGTERM', 'SIGKILL'].includes(way));
  for (const [way, leave] of ways) {
    const moments = IS_THOROUGH || way === 'SIGKILL' ? [untilWaiting, untilStarting] : [untilWaiting];
    for (const until of moments) {
      const project = make({...OTHER, 'a.test.js': 'test("a", () => {});'});
      await inSession(project, async session => {
        await session.untilRun();
        await until(project);
        const left = new Promise(resolve => session.jest.once('exit', resolve));
        leave(session);
        await left;
        expect(await project.leftProcesses()).toEqual([]);
      });
    }
  }
});

/** Resolves when a process has been started after the run. */
async function untilStarting(project: Project): Promise<void> {
  while (project.processes().length < 2) await new Promise(resolve => setTimeout(resolve, 20));
}

inWatchMode('as many workers wait as the last run has had, and no more', async (_line, make) => {
  const project = make({...OTHER, 'a.test.js': 'test("a", () => {});'});
  await inSession(project, async session => {
    await session.untilRun();
    for (let run = 0; run < 2; run++) {
      await untilWaiting(project);
      // On a platform without /proc there are none to count.
      expect([0, 3]).toContain(project.processes().length);
      session.press(ENTER);
      await session.untilRun();
    }
    await session.leave();
    expect(await project.leftProcesses()).toEqual([]);
  });
});

inWatchMode('no workers are started ahead where some want, or need, that a run starts them', async (_line, make) => {
  const files = {...OTHER, 'a.test.js': 'test("a", () => {});'};
  const asked = [
    make({...files, 'xdist.config.json': '{"restartWorkers": "file"}'}),
    make(files, {detectLeaks: false, coverageProvider: 'v8', collectCoverage: true}),
  ];
  for (const project of asked) {
    await inSession(project, async session => {
      await session.untilRun();
      session.press(ENTER);
      expect(await session.untilRun()).toMatch(/Tests: +2 passed, 2 total/);
      expect(states(project)).toEqual([]);
      await session.leave();
    });
  }
});
