import {rmSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {compileRings} from '../../compiledSources';
import {REMEDY, WatchedProcess, type ProcessOptions} from '../watchedProcess';

const worker = join(compileRings('worker'), 'worker', 'guard');
const start = (script: string, options?: ProcessOptions) => WatchedProcess.start(worker, script, options);

const STARTED = `const watchdog = Watchdog.start({transport});`;
const STAYS = `process.on('message', () => {});`;

describe('a watchdog that speaks to a parent', () => {
  test('says whose it is, and then that it is alive', async () => {
    const watched = start(`${STARTED} ${STAYS} console.log(process.pid)`);
    const hello = await watched.hello;
    expect(hello).toEqual({watchdog: true, token: 'secret', slot: 2, generation: 3, pid: expect.any(Number) as number});
    await watched.printed(`${hello.pid}\n`);
    const number = expect.any(Number) as number;
    const alive = {type: 'alive', phase: 1, name: '', ms: number, limitMs: null, debugged: false, rss: number};
    expect([await watched.next('alive'), await watched.next('alive')]).toEqual([alive, alive]);
  });

  test('says it while the main thread is in an endless loop, too, and for how long it has been at it', async () => {
    const watched = start(`${STARTED} watchdog.begin({name: 'a', slowMs: null, hardMs: 3_600_000}); for (;;);`);
    const first = await watched.next('alive', ({limitMs}) => limitMs !== null);
    const second = await watched.next('alive');
    expect(first).toMatchObject({phase: 2, limitMs: 3_600_000});
    expect(second.phase).toBe(first.phase);
    // By a clock that is that of both threads: so little has passed since the process began.
    expect(first.ms).toBeGreaterThanOrEqual(0);
    expect(second.ms).toBeGreaterThan(first.ms);
    expect(second.ms).toBeLessThan(60_000);
  });

  test('tells once of each phase that it is slow', async () => {
    const watched = start(`
      ${STARTED}
      watchdog.begin({name: 'the first', slowMs: 1, hardMs: null});
      process.on('message', name => watchdog.begin({name, slowMs: 1, hardMs: null}));
    `);
    expect(await watched.next('slow')).toEqual({type: 'slow', name: 'the first', ms: expect.any(Number) as number});
    await watched.next('alive');
    await watched.next('alive');
    watched.send('the second');
    const slow = await watched.next('slow');
    expect(slow.name).toBe('the second');
    expect(slow.ms).toBeGreaterThanOrEqual(1);
    expect(watched.count('slow')).toBe(2);
  });

  test('tells once of each phase that it hangs, and where, and lets it go on', async () => {
    const watched = start(`
      const {existsSync} = require('node:fs');
      ${STARTED}
      watchdog.begin({name: 'the first', slowMs: null, hardMs: 1});
      (function waitForIt() {
        while (!existsSync('go-on'));
      })();
      console.log('it has ended');
      process.on('message', name => watchdog.begin({name, slowMs: null, hardMs: 1}));
    `);
    const hung = await watched.next('hung');
    expect(hung).toMatchObject({type: 'hung', name: 'the first', limitMs: 1});
    expect(hung.ms).toBeGreaterThanOrEqual(1);
    expect(hung.place).toMatchObject({
      frames: expect.arrayContaining([
        expect.objectContaining({functionName: 'waitForIt', path: watched.path}),
      ]) as unknown,
    });
    await watched.next('alive');
    await watched.next('alive');
    writeFileSync(join(watched.folder, 'go-on'), '');
    await watched.printed('it has ended');
    watched.send('the second');
    expect(await watched.next('hung')).toMatchObject({name: 'the second'});
    expect(watched.count('hung')).toBe(2);
    expect(watched.count('slow')).toBe(0);
  });

  test('does not judge what has ended', async () => {
    const watched = start(`
      ${STARTED}
      process.on('message', () => {
        watchdog.begin({name: 'short', slowMs: 1, hardMs: 1});
        watchdog.idle();
        console.log('idle');
      });
    `);
    await watched.next('alive');
    watched.send('begin');
    await watched.printed('idle');
    const {phase, limitMs} = await watched.next('alive', ({phase: number}) => number === 3);
    expect({phase, limitMs}).toEqual({phase: 3, limitMs: null});
    await watched.next('alive');
    await watched.next('alive');
    expect(watched.heard.map(({type}) => type)).not.toContain('slow');
    expect(watched.heard.map(({type}) => type)).not.toContain('hung');
  });

  describe('while the main thread only waits', () => {
    const WAITS = `const begin = name => watchdog.begin({name, slowMs: null, hardMs: null, stuckMs: 300, began: false}); begin('waits');`;

    test.each([
      ['loops', 'setTimeout(function spin() { for (;;); }, 1);'],
      ['runs nothing but promises', 'setTimeout(async function spin() { for (;;) await null; }, 1);'],
    ])('tells that its event loop is stuck if that %s', async (_what, script) => {
      const watched = start(`${STARTED} ${WAITS} ${script}`);
      const hung = await watched.next('hung');
      expect(hung).toMatchObject({name: 'waits', limitMs: 300, began: false});
      expect(hung.ms).toBeGreaterThanOrEqual(300);
      expect(hung.place).toMatchObject({
        frames: [expect.objectContaining({functionName: 'spin', path: watched.path}) as unknown],
      });
    });

    test.each([
      ['turns', ''],
      ['turns, and something keeps it from answering', 'EventTarget.prototype.dispatchEvent = () => true;'],
    ])('judges nothing as long as its event loop %s', async (_what, script) => {
      const watched = start(`${STARTED} ${STAYS} ${WAITS} ${script}`);
      expect(await watched.next('alive', ({phase}) => phase === 2)).toMatchObject({name: '', limitMs: null});
      for (let beats = 0; beats < 3; beats++) await watched.next('alive');
      expect(watched.count('hung')).toBe(0);
    });
  });

  describe('under a debugger judges nothing', () => {
    const judged = `watchdog.begin({name: 'debugged', slowMs: 1, hardMs: 1});`;

    test.each<[string, string, ProcessOptions]>([
      ['that is attached while it runs', `require('node:inspector').open(0);`, {}],
      ['that NODE_OPTIONS starts', '', {environment: {NODE_OPTIONS: '--inspect=0'}}],
      ['that was there from the beginning', '', {nodeArguments: ['--inspect=0']}],
    ])('%s', async (_what, script, options) => {
      const loops = `process.on('message', () => { for (;;); });`;
      const watched = start(`${STARTED} ${script} ${judged} ${loops}`, options);
      await watched.next('alive', ({debugged}) => debugged);
      watched.send('loop');
      await watched.next('alive', ({debugged}) => debugged);
      expect(watched.count('slow') + watched.count('hung')).toBe(0);
    });

    test('until it is closed', async () => {
      const watched = start(`
        ${STARTED}
        const inspector = require('node:inspector');
        inspector.open(0);
        ${judged}
        process.on('message', () => {
          inspector.close();
          watchdog.begin({name: 'looked at no more', slowMs: 1, hardMs: 1});
        });
      `);
      await watched.next('alive', ({debugged}) => debugged);
      watched.send('close');
      expect(await watched.next('slow')).toMatchObject({name: 'looked at no more'});
      expect(await watched.next('hung')).toMatchObject({name: 'looked at no more'});
      await watched.next('alive', ({debugged}) => !debugged);
    });
  });

  test('is not taken for a debugger by itself', async () => {
    const watched = start(`${STARTED} watchdog.begin({name: 'a', slowMs: 1, hardMs: 1}); for (;;);`);
    await watched.next('hung');
    expect(await watched.next('alive')).toMatchObject({debugged: false});
  });
});

describe('when the parent is gone', () => {
  // What it has started holds its standard output, too: `end` waits for both.
  const CHILD = `require('node:child_process').spawn(process.execPath, ['-e', 'process.stdout.write("child "); setInterval(() => {}, 1000)'], {stdio: 'inherit'});`;

  test('the process is ended, whatever it does', async () => {
    const watched = start(`${STARTED} console.log('loops'); for (;;);`);
    await watched.hello;
    await watched.printed('loops');
    watched.hangUp();
    expect(await watched.end).toMatchObject({signal: 'SIGKILL', stderr: ''});
  });

  test('so is what it has started, where it leads a group of processes', async () => {
    const watched = start(`${STARTED} ${CHILD} setTimeout(() => { for (;;); }, 100);`, {ownsGroup: true});
    await watched.hello;
    await watched.printed('child');
    watched.hangUp();
    expect(await watched.end).toMatchObject({signal: 'SIGKILL'});
  });

  test('it is ended where it should lead a group, but does not', async () => {
    // The process that leads one starts one that is to be ended.
    const watched = start(
      `if (process.argv[2] !== 'inner') {
        const inner = require('node:child_process').spawn(process.execPath, [__filename, 'inner'], {stdio: 'inherit'});
        inner.on('exit', (code, signal) => console.log('inner', signal));
      } else {
        ${STARTED}
        for (;;);
      }`,
      {ownsGroup: true},
    );
    await watched.hello;
    watched.hangUp();
    expect(await watched.end).toMatchObject({code: 0, stdout: 'inner SIGKILL\n'});
  });

  test('a process that has stopped its watchdog goes on', async () => {
    const watched = start(`
      ${STARTED}
      process.once('message', () => {
        watchdog.stop();
        console.log('stopped');
        process.once('message', () => {
          console.log('goes on');
          process.disconnect();
        });
      });
    `);
    await watched.hello;
    watched.send('stop');
    await watched.printed('stopped');
    watched.hangUp();
    watched.send('go on');
    expect(await watched.end).toMatchObject({code: 0, signal: null, stdout: 'stopped\ngoes on\n'});
  });

  test('a watchdog that was stopped hangs up, though it was in the middle of a judgement', async () => {
    const watched = start(`
      ${STARTED}
      watchdog.begin({name: 'a', slowMs: 1, hardMs: 1});
      process.once('message', () => {
        watchdog.stop();
        process.once('message', () => {
          console.log('goes on');
          process.disconnect();
        });
      });
    `);
    await watched.next('slow');
    watched.send('stop');
    await watched.hungUp;
    watched.send('go on');
    expect(await watched.end).toMatchObject({code: 0, signal: null, stdout: 'goes on\n'});
  });

  test('the process is ended, though its parent was gone before its watchdog began', async () => {
    const watched = start(`${STARTED} for (;;);`, {transport: 'dead-parent'});
    expect(await watched.end).toMatchObject({signal: 'SIGKILL', stderr: ''});
  });

  test('a process whose socket was removed goes on', async () => {
    // A phase with a limit has the thread ask the main thread now and then. At the third question it has long been told
    // that there is no socket.
    const watched = start(
      `let asked = 0;
      process.once('worker', thread => {
        thread.ref();
        thread.on('message', () => {
          if (++asked < 3) return;
          console.log('goes on');
          watchdog.stop();
          thread.unref();
        });
      });
      ${STARTED} watchdog.begin({name: 'a', slowMs: null, hardMs: null, stuckMs: 200});`,
      {transport: 'no-socket'},
    );
    expect(await watched.end).toMatchObject({code: 0, stdout: 'goes on\n', stderr: ''});
  });
});

describe('a process with a watchdog', () => {
  test('ends by itself when it has nothing more to do', async () => {
    const watched = start(`process.channel.unref(); ${STARTED} watchdog.begin({name: 'a', slowMs: 1, hardMs: null});`);
    expect(await watched.end).toEqual({code: 0, signal: null, stdout: '', stderr: ''});
  });

  test('has nothing more open than one without', async () => {
    const watched = start(`
      const before = process.getActiveResourcesInfo();
      ${STARTED}
      process.once('message', () => {
        console.log(JSON.stringify({before, after: process.getActiveResourcesInfo()}));
        process.disconnect();
      });
    `);
    await watched.next('alive');
    watched.send('look');
    const {stdout} = await watched.end;
    const {before, after} = JSON.parse(stdout) as {before: string[]; after: string[]};
    expect(after.filter(name => name !== 'PipeWrap')).toEqual(before.filter(name => name !== 'PipeWrap'));
    expect(after.length).toBeLessThanOrEqual(before.length + 1); // its own channel, which listens now
  });

  test('has what its Node options ask for once, not in the thread too', async () => {
    const watched = start(`${STARTED} console.log('script'); process.once('message', () => process.disconnect());`, {
      environment: {NODE_OPTIONS: '--require=./preload.js', NODE_V8_COVERAGE: 'coverage'},
      nodeArguments: ['--cpu-prof', '--cpu-prof-dir=profile', '-r', './preload.js'],
      files: {'preload.js': `require('node:fs').writeSync(1, 'preloaded ');`},
    });
    await watched.next('alive');
    watched.send('end');
    expect(await watched.end).toMatchObject({code: 0, stdout: 'preloaded script\n', stderr: ''});
    expect(readdirSync(join(watched.folder, 'profile'))).toHaveLength(1);
    expect(readdirSync(join(watched.folder, 'coverage'))).toHaveLength(1);
  });

  test('that cannot start one goes on without', async () => {
    const broken = join(compileRings('worker'), 'worker', 'guard');
    rmSync(join(broken, 'watchdogThread.js'));
    const watched = WatchedProcess.start(
      broken,
      `process.once('worker', thread => {
        thread.ref();
        thread.once('exit', () => { watchdog.stop(); console.log('goes on'); });
      });
      ${STARTED} watchdog.begin({name: 'a', slowMs: 1, hardMs: 1}); watchdog.idle();`,
    );
    expect(await watched.end).toMatchObject({code: 0, stdout: 'goes on\n', stderr: ''});
  });

  test('that is asked to watch a thread watches nothing: it would end the whole process', async () => {
    const watched = start(`
      const {isMainThread, Worker} = require('node:worker_threads');
      if (isMainThread) new Worker(__filename).on('error', console.error);
      else {
        process.on('worker', () => console.log('a watchdog has started'));
        ${STARTED}
        watchdog.begin({name: 'a', slowMs: 1, hardMs: 1});
        setImmediate(() => console.log('the thread ends'));
      }
    `);
    expect(await watched.end).toMatchObject({code: 0, stdout: 'the thread ends\n', stderr: ''});
    expect(watched.heard).toEqual([]);
  });
});

describe('a watchdog in band', () => {
  const inBand = {transport: 'in-band'} as const;
  const begun = `${STARTED} process.on('exit', code => console.log('exit listener', code));`;
  const hangs = 'jest-runner-xdist: the test "größe" hangs: it has not ended within 300 ms. Jest ends here.\n';
  const remedy = `\njest-runner-xdist: ${REMEDY}\n`;
  const limited = `watchdog.begin({name: 'the test "größe"', slowMs: null, hardMs: 300});`;

  test('prints what is slow, and lets it go on', async () => {
    const watched = start(
      `${begun}
      watchdog.begin({name: 'the test "größe"', slowMs: 1, hardMs: null});
      process.once('message', () => process.disconnect());`,
      inBand,
    );
    await watched.printed('SLOW');
    watched.send('end');
    const {code, stdout, stderr} = await watched.end;
    expect({code, stdout}).toEqual({code: 0, stdout: 'exit listener 0\n'});
    expect(stderr).toMatch(/^SLOW the test "größe": still running after \d+(\.\d)? m?s\n$/);
  });

  test('prints where an endless loop is, and ends the process as if it had done so itself', async () => {
    const watched = start(`${begun} ${limited}\nfunction spin() { for (;;); }\nspin();`, inBand);
    expect(await watched.end).toEqual({
      code: 1,
      signal: null,
      stdout: 'exit listener 1\n',
      stderr: expect.stringMatching(
        new RegExp(`^${hangs}    at spin \\(${watched.path}:3:\\d+\\)\n    at ${watched.path}:4:1${remedy}$`),
      ) as string,
    });
  });

  test.each([
    ["leaves Jest's own calls out of the stack, as Jest does", 'jest-circus', ''],
    ['shows those of a package that only has a name like theirs', 'jest-extended', '    at exports.call .*\n'],
  ])('%s', async (_name, name, call) => {
    const watched = start(
      `${begun} ${limited}
      const {call} = require('./node_modules/${name}/build/run.js');
      call(function spin() { for (;;); });`,
      {...inBand, files: {[`node_modules/${name}/build/run.js`]: 'exports.call = spin => spin();'}},
    );
    const {stderr} = await watched.end;
    const [spin, main] = [`    at spin \\(${watched.path}:4:\\d+\\)\n`, `    at ${watched.path}:4:\\d+`];
    expect(stderr).toMatch(new RegExp(`^${hangs}${spin}${call}${main}${remedy}$`));
  });

  test('says in the shared memory that it ends the process, so that no exit listener repeats the text', async () => {
    const watched = start(
      `${STARTED} ${limited} process.on('exit', () => console.log(watchdog.endsProcess)); for (;;);`,
      inBand,
    );
    expect(await watched.end).toMatchObject({code: 1, stdout: 'true\n'});
  });

  test('prints what a process that waits has open, and ends it', async () => {
    const watched = start(`${begun} ${limited} process.disconnect(); setInterval(() => {}, 1e6);`, inBand);
    expect(await watched.end).toMatchObject({
      code: 1,
      stdout: 'exit listener 1\n',
      stderr: expect.stringMatching(
        new RegExp(`^${hangs}    The main thread runs no code. Open resources: .*Timeout.*\\.${remedy}$`),
      ) as string,
    });
  });

  test('ends one that cannot be interrupted by a signal', async () => {
    const watched = start(
      `${begun} ${limited} require('node:child_process').execSync('sleep 100', {stdio: 'ignore'});`,
      inBand,
    );
    expect(await watched.end).toEqual({
      code: null,
      signal: 'SIGKILL',
      stdout: '',
      stderr: expect.stringContaining(`${hangs}    The main thread runs native code`) as string,
    });
  });
});
