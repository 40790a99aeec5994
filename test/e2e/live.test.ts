/** The live view of jest-runner-xdist/reporter: what is on the screen of a terminal. */
import {rmSync} from 'node:fs';
import {onEachLine, onLatestLine, type Files, type MakeProject, type Project} from './project';
import {TerminalSession, type TerminalOptions} from './terminalSession';

/** The source of a test function that ends when a file is there. */
const until = (name: string) =>
  `async () => { while (!require('fs').existsSync('${name}')) await new Promise(r => setTimeout(r, 20)); }, 600_000`;

const WITH_LANES = {reporters: [['jest-runner-xdist/reporter', {}], 'summary']};

const TWO_THAT_WAIT: Files = {
  'a.test.js': `describe('block', () => test('waits for a', ${until('go')}));`,
  'b.test.js': `test('waits for b', ${until('go')});`,
};

async function inTerminal(
  make: MakeProject,
  files: Files,
  args: readonly string[],
  look: (session: TerminalSession, go: () => void, project: Project) => Promise<void>,
  options: TerminalOptions = {},
  config: object = WITH_LANES,
): Promise<void> {
  const project = make(files, config);
  const session = new TerminalSession(project, args, options);
  try {
    await look(session, () => project.write('go', ''), project);
  } finally {
    session.kill();
  }
}

/** How often the totals are on the screen and above it. */
const totalsIn = (text: string) => text.match(/\d+\/\d+ files/g)?.length ?? 0;

onEachLine('each worker has a lane below the lines of Jest, and nothing of it is left at the end', async (_, make) => {
  const files = {
    ...TWO_THAT_WAIT,
    'c.test.js': `test('fails', () => { console.log('printed by c'); expect(1).toBe(2); });`,
    'd.test.js': 'test("passes", () => {});',
  };
  await inTerminal(
    make,
    files,
    ['-w', '3'],
    async (session, go) => {
      const screen = await session.until(/FAIL[^]*waits for [ab][^]*waits for [ab][^]*3 passed|2\/4 files/);
      expect(screen).toMatch(/printed by c/);
      // Both at once; whichever worker has which, and whichever is loaded first.
      const [a, b] = ['a\\.test\\.js › block › waits for a', 'b\\.test\\.js › waits for b'].map(
        test => ` w\\d +[\\d.]+ s {2}${test}\\n`,
      );
      await session.until(new RegExp(`${a}[^]*${b}|${b}[^]*${a}`));
      await session.until(/ 2\/4 files · 1 failed · 1 passed · \d/);
      expect(totalsIn(session.all)).toBe(1);
      go();
      const {exitCode} = await session.end();
      expect(exitCode).toBe(1);
      expect(session.all).not.toMatch(/ w\d |\/4 files/);
      expect(session.all).toMatch(/Tests: +1 failed, 3 passed, 4 total/);
      // The taskbar: red after the failure, and taken away.
      expect(session.written).toContain('\u001B]9;4;2;50\u001B\\');
      expect(session.written.lastIndexOf('\u001B]9;4;0;')).toBeGreaterThan(
        session.written.lastIndexOf('\u001B]9;4;2;'),
      );
    },
    {env: {TERM_PROGRAM: 'ghostty'}},
  );
});

onLatestLine('a worker that waits says for what, with the file that it waits for', async (_, make) => {
  const files = {
    'a.test.js': `/** @resource db */ test('waits for a', ${until('go')});`,
    'b.test.js': `/** @resource db */ test('waits for b', ${until('go')});`,
    'c.test.js': `test('has a worker of its own', () => {});`,
  };
  await inTerminal(make, files, ['-w', '2'], async (session, go) => {
    await session.until(/ w\d +waits: other files have the resource "db" that [ab]\.test\.js needs\n/);
    go();
    expect((await session.end()).exitCode).toBe(0);
  });
});

onLatestLine('in band there is one lane; what is left is what Jest leaves, also verbosely', async (_, make) => {
  const files = {
    // The longer file runs first.
    'a.test.js': `test('fails', () => { console.log('printed'); expect(1).toBe(2); });${'\n'.repeat(500)}`,
    'b.test.js': `describe('block', () => { test('waits', ${until('go')}); test.todo('later'); });`,
  };
  for (const verbose of [[], ['--verbose']]) {
    let ours = '';
    await inTerminal(make, files, ['-i', ...verbose], async (session, go) => {
      await session.until(/ w1 +[\d.]+ s {2}b\.test\.js › block › waits\n\n +1\/2 files · 1 failed/);
      go();
      await session.end();
      ours = session.all;
      expect(session.written).not.toContain('\u001B]9;4');
    });
    let jests = '';
    const stock = {runner: 'stock', env: {}} as const;
    const look = async (session: TerminalSession) => {
      await session.end();
      jests = session.all;
    };
    await inTerminal(make, {...files, go: ''}, ['-i', ...verbose], look, stock, {});
    const timeless = (text: string) => text.replace(/ \([\d.]+ m?s\)|Time: .*/g, '').trim();
    expect(timeless(ours)).toBe(timeless(jests));
  }
});

onLatestLine('a resized terminal has each line once, and none is too wide or too low', async (_, make) => {
  await inTerminal(make, TWO_THAT_WAIT, ['-w', '2'], async (session, go) => {
    await session.until(/waits for a[^]*waits for b|waits for b[^]*waits for a/);
    const isDrawnFor = (columns: number) => (screen: string) =>
      /block › waits…/.test(screen) && screen.split('\n').every(line => line.length < columns);
    session.resize(32, 10);
    const narrow = await session.untilScreen(isDrawnFor(32), 'lines of 32 columns');
    expect(totalsIn(narrow)).toBe(1);
    expect(narrow.match(/a\.test\.js/g)).toHaveLength(1);
    session.resize(100, 3);
    await session.untilScreen(screen => totalsIn(screen) === 1 && !/w1/.test(screen), 'the totals alone');
    session.resize(100, 30);
    // The terminal may have read a part of what was written.
    const wide = await session.until(/a\.test\.js › block › waits for a[^]*\/2 files/);
    expect(totalsIn(wide)).toBe(1);
    go();
    await session.end();
    expect(session.screen.join('\n')).toMatch(/Tests: +2 passed, 2 total/);
  });
});

onLatestLine('what is slow is yellow, unless NO_COLOR is set', async (_, make) => {
  for (const [env, colour] of [
    [{}, 3],
    [{NO_COLOR: '1'}, -1],
  ] as const) {
    await inTerminal(
      make,
      TWO_THAT_WAIT,
      ['-w', '2'],
      async (session, go) => {
        await session.until(/slow: a\.test\.js › block/);
        expect(session.colourOf('slow: a.test.js › block')).toBe(colour);
        go();
        await session.end();
      },
      {env: {...env, XDIST_SLOW_TIMEOUT: '200ms'}},
    );
  }
});

onLatestLine('no name of a test can command the terminal or break a lane', async (_, make) => {
  const name = '\u001B[2J\u001B]0;owned\u0007one\r\ntwo\u202E\u0000 漢字漢字 ' + '👩‍👩‍👧'.repeat(60);
  const files = {...TWO_THAT_WAIT, 'a.test.js': `test(${JSON.stringify(name)}, ${until('go')});`};
  await inTerminal(make, files, ['-w', '2'], async (session, go) => {
    const screen = await session.until(/a\.test\.js › .*one +two +漢字漢字[^]*files/);
    expect(totalsIn(screen)).toBe(1);
    expect(screen.match(/ w\d /g)).toHaveLength(2);
    go();
    await session.end();
    expect(session.written).not.toMatch(/\u001B\[2J|owned/);
  });
});

onLatestLine('Ctrl-C leaves no lane and no progress, but the summary', async (_, make) => {
  await inTerminal(
    make,
    TWO_THAT_WAIT,
    ['-w', '2'],
    async session => {
      await session.until(/waits for a/);
      session.press('\u0003');
      await session.end();
      expect(session.all).toMatch(/Test Suites: /);
      expect(session.all).not.toMatch(/ w\d {2}|\d\/2 files/);
      expect(session.written.lastIndexOf('\u001B]9;4;0;')).toBeGreaterThan(
        session.written.lastIndexOf('\u001B]9;4;1;'),
      );
    },
    {env: {WT_SESSION: '1'}},
  );
});

onLatestLine('so does Ctrl-C in band, where nobody else hears the signal', async (_, make) => {
  const look = async (session: TerminalSession) => {
    await session.until(/ w1 +[\d.]+ s {2}a\.test\.js/);
    session.press('\u0003');
    const {signal} = await session.end();
    expect(signal).toBe(2);
    expect(session.all).not.toMatch(/ w\d {2}|\d\/2 files/);
    expect(session.written).toContain('\u001B]9;4;0;');
  };
  await inTerminal(make, TWO_THAT_WAIT, ['-i'], look, {env: {WT_SESSION: '1'}});
});

onLatestLine('in watch mode each run has its lanes', async (_, make) => {
  await inTerminal(make, TWO_THAT_WAIT, ['--watchAll', '--watchman=false', '-w', '2'], async (session, go, project) => {
    await session.until(/waits for a/);
    go();
    await session.until(/2 passed, 2 total[^]*Watch Usage/);
    expect(session.screen.join('\n')).not.toMatch(/ w\d /);
    rmSync(project.path('go'));
    session.press('a');
    await session.until(/ w\d +[\d.]+ s {2}/);
    go();
    await session.until(/2 passed, 2 total[^]*Watch Usage/);
    expect(session.screen.join('\n')).not.toMatch(/ w\d |\d\/2 files/);
    session.press('q');
    await session.end();
  });
});

onLatestLine("under Jest's own runner it is Jest's own reporter; without a summary it says so", async (_, make) => {
  const look = async (session: TerminalSession, go: () => void) => {
    const screen = await session.until(/RUNS[^]*0 of 2 total/);
    expect(screen).toMatch(/nothing prints the result of the run, because "reporters" has no "summary"/);
    expect(screen).not.toMatch(/ w\d /);
    go();
    const {exitCode} = await session.end();
    expect(exitCode).toBe(0);
  };
  const config = {reporters: [['jest-runner-xdist/reporter', {}]]};
  await inTerminal(make, TWO_THAT_WAIT, ['-w', '2'], look, {runner: 'stock', columns: 200}, config);
});
