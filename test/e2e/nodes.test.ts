/** The option `nodes` and `dist: 'each'`: every test runs on every kind of worker, and Jest gets one result. */
import {existsSync} from 'node:fs';
import type {AssertionResult} from '@jest/test-result';
import {COMPANY, HERE, many, messageOf, namesOf, NOTE, notesOf, on, testsOf, TOKYO, TWO} from './nodeRuns';
import {IN_ORDER, OTHER_NODE, onEachLine, onLatestLine, type Project} from './project';

describe('each', () => {
  onEachLine('every file runs once on every node, and Jest has one result of it', async (_line, make) => {
    const project = make({
      'a.test.js': `describe('block', () => { test('one', () => { ${NOTE} }); test.skip('two', () => {}); test.todo('three'); });`,
      'b.test.js': `test('four', () => { ${NOTE} });`,
    });
    const output = await project.run(['-w', '2', '--verbose'], on(TWO));
    expect(output.exitCode).toBe(0);
    expect(namesOf(output, 'a.test.js')).toEqual([
      'here block one',
      'here block two',
      'here block three',
      'tokyo block one',
      'tokyo block two',
      'tokyo block three',
    ]);
    expect(testsOf(output, 'a.test.js')[3]).toMatchObject({ancestorTitles: ['tokyo', 'block'], title: 'one'});
    expect(output.json).toMatchObject({
      numTotalTestSuites: 2,
      numPassedTests: 4,
      numPendingTests: 2,
      numTodoTests: 2,
      numTotalTests: 8,
    });
    expect(output.stderr).toMatch(/Test Suites: 2 passed, 2 total/);
    expect(output.stderr).toMatch(/tokyo\n +block\n +✓ one/);
    const notes = notesOf(project).map(({file, node, hours, flag}) => [file, node, hours, flag]);
    expect(notes.sort()).toEqual([
      ['a.test.js', 'here', 0, false],
      ['a.test.js', 'tokyo', 9, true],
      ['b.test.js', 'here', 0, false],
      ['b.test.js', 'tokyo', 9, true],
    ]);
    // Reporters hear of each file once, and of each test by the name that its result has.
    const events = (event: string) => output.events.filter(one => one.event === event);
    expect(events('file-start')).toHaveLength(2);
    expect(events('file-result')).toHaveLength(2);
    const heard = events('case-result').map(({result}) => (result as AssertionResult).fullName);
    const ran = ['here block one', 'here four', 'tokyo block one', 'tokyo four'];
    expect(heard.sort()).toEqual([...ran, 'here block three', 'tokyo block three'].sort());
    expect(
      events('case-start')
        .map(({info}) => (info as AssertionResult).fullName)
        .sort(),
    ).toEqual(ran);
    expect(output.stderr).toMatch(
      /jest-runner-xdist: here \(v[\d.]+\): tests: 1 skipped, 1 todo, 2 passed, 4 total; \d workers?\./,
    );
    expect(output.stderr).toMatch(/jest-runner-xdist: tokyo \(v[\d.]+\): tests: .* 4 total; \d workers?\./);
    expect(await project.leftProcesses()).toEqual([]);
  });

  onLatestLine('another version of Node', async (_line, make) => {
    expect(existsSync(OTHER_NODE)).toBe(true);
    const project = make(many(3, NOTE));
    const output = await project.run(['-w', '2'], on([{name: 'own'}, {name: 'other', execPath: OTHER_NODE}]));
    expect(output.exitCode).toBe(0);
    expect(output.json?.numPassedTests).toBe(6);
    const versions = notesOf(project).map(({node, version}) => `${node} ${version.split('.')[0]}`);
    expect(versions.filter(text => text === 'other v24')).toHaveLength(3);
    expect(versions.filter(text => text === `own ${process.version.split('.')[0]}`)).toHaveLength(3);
    expect(output.stderr).toMatch(/other \(v24\.[\d.]+\): tests: 3 passed, 3 total; /);
  });

  onLatestLine('one worker is enough for all nodes, one after the other', async (_line, make) => {
    const project = make(many(3, NOTE));
    const output = await project.run(['-w', '1'], on([HERE, TOKYO, {name: 'third'}]));
    expect(output.exitCode).toBe(0);
    expect(output.json?.numPassedTests).toBe(9);
    const nodes = notesOf(project).map(({node}) => node);
    expect(nodes.sort()).toEqual(['here', 'third', 'tokyo'].flatMap(name => [name, name, name]));
    expect(new Set(notesOf(project).map(({pid}) => pid)).size).toBe(3);
  });

  onLatestLine('-t means the names of the tests, as they are without nodes', async (_line, make) => {
    const project = make({'a.test.js': "describe('x', () => { test('one', () => {}); test('two', () => {}); });"});
    const output = await project.run(['-w', '2', '-t', '^x one$'], on(TWO));
    expect(testsOf(output, 'a.test.js').map(({fullName, status}) => [fullName, status])).toEqual([
      ['here x one', 'passed'],
      ['here x two', 'pending'],
      ['tokyo x one', 'passed'],
      ['tokyo x two', 'pending'],
    ]);
  });

  onLatestLine('files are split on each node', async (_line, make) => {
    const tests = `${COMPANY} for (let i = 0; i < 12; i++) test('t' + i, async () => { ${NOTE} await company(); });`;
    const project = make({'a.test.js': `/** @can-split */\n${tests}`});
    const output = await project.run(['-w', '4'], on(TWO));
    expect(output.exitCode).toBe(0);
    const names = (node: string) => Array.from({length: 12}, (_, index) => `${node} t${index}`);
    expect(namesOf(output, 'a.test.js')).toEqual([...names('here'), ...names('tokyo')]);
    for (const node of ['here', 'tokyo']) {
      const ran = notesOf(project).filter(note => note.node === node);
      expect(ran).toHaveLength(12);
      expect(new Set(ran.map(({pid}) => pid)).size).toBeGreaterThan(1);
    }
  });

  onLatestLine('coverage is what it is without nodes', async (_line, make) => {
    const project = make({
      'code.js': "exports.f = zone => { if (zone > 0) { return 'east'; } return 'here'; };",
      'a.test.js': "test('f', () => { require('./code').f(new Date(0).getHours()); });",
    });
    for (const provider of ['babel', 'v8']) {
      const args = ['--coverage', '--coverageReporters=json-summary', `--coverageProvider=${provider}`];
      const output = await project.run(['-w', '2', ...args], on(TWO));
      expect(output.exitCode).toBe(0);
      const {total} = JSON.parse(project.read('coverage/coverage-summary.json')) as {total: {branches: {pct: number}}};
      // One node alone takes one branch of the two.
      expect([provider, total.branches.pct]).toEqual([provider, 100]);
    }
  });

  onLatestLine('a fixture that is shared is set up once for all nodes', async (_line, make) => {
    const project = make({
      'db.js': `
        exports.setup = () => { require('fs').appendFileSync('log', 'up\\n'); return 4711; };
        exports.teardown = () => require('fs').appendFileSync('log', 'down\\n');`,
      'a.test.js': `/** @shared-fixture ./db.js */
        test('a', () => expect(require('jest-runner-xdist/fixtures').sharedFixture('./db.js')).toBe(4711));`,
    });
    const output = await project.run(['-w', '2'], on(TWO));
    expect(output.json?.numPassedTests).toBe(2);
    expect(project.read('log')).toBe('up\ndown\n');
  });
});

/** Resolves when Jest's process has the result of a file. A worker does not wait for that before it begins the next. */
async function untilUnitDone(project: Project): Promise<void> {
  while (!project.recorded().some(line => line.type === 'event' && line.event.type === 'unit-done')) {
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

describe('what goes wrong', () => {
  onLatestLine(
    'a worker that dies is replaced by one of its node, which goes on with the rest',
    async (_line, make) => {
      const project = make({
        'a.test.js': `
        test('first', () => { ${NOTE} });
        test('dies in the east', () => { if (process.env.XDIST_NODE === 'tokyo') process.kill(process.pid, 'SIGKILL'); });
        test('last', () => { ${NOTE} });`,
        'b.test.js': `test('b', () => { ${NOTE} });`,
      });
      const output = await project.run(['-w', '2'], on(TWO));
      expect(output.exitCode).toBe(1);
      expect(testsOf(output, 'a.test.js').map(({fullName, status}) => `${fullName}: ${status}`)).toEqual([
        'here first: passed',
        'here dies in the east: passed',
        'here last: passed',
        'tokyo first: passed',
        'tokyo dies in the east: failed',
        'tokyo last: passed',
      ]);
      expect(messageOf(output, 'a.test.js')).toMatch(/● tokyo › dies in the east[^]*SIGKILL/);
      expect(namesOf(output, 'b.test.js')).toEqual(['here b', 'tokyo b']);
      const east = notesOf(project).filter(({node}) => node === 'tokyo');
      expect(east.map(({hours}) => hours)).toEqual([9, 9, 9]);
      expect(output.stderr).toMatch(/tokyo \(.*\): tests: 1 failed, 3 passed, 4 total; \d workers, of which 1 died\./);
      const heard = output.events.filter(({event}) => event === 'case-result');
      expect(heard.map(({result}) => (result as AssertionResult).fullName).sort()).toEqual(
        [...namesOf(output, 'a.test.js'), ...namesOf(output, 'b.test.js')].sort(),
      );
      expect(await project.leftProcesses()).toEqual([]);
    },
  );

  onLatestLine('a file that cannot be loaded on one node has its tests of the other', async (_line, make) => {
    const project = make({
      'a.test.js': "if (process.env.XDIST_NODE === 'tokyo') throw new Error('not in the east'); test('a', () => {});",
    });
    const output = await project.run(['-w', '2'], on(TWO));
    expect(output.exitCode).toBe(1);
    expect(namesOf(output, 'a.test.js')).toEqual(['here a']);
    expect(messageOf(output, 'a.test.js')).toMatch(/● tokyo › Test suite failed to run[^]*not in the east/);
    expect(output.json).toMatchObject({numPassedTests: 1, numFailedTestSuites: 1, numRuntimeErrorTestSuites: 1});
    expect(output.stderr).toMatch(/tokyo \(.*\): tests: 0 total; 1 test suite failed to run; \d workers?\./);
  });

  onLatestLine('nodes that have not the same tests are shown as a diff', async (_line, make) => {
    const project = make({
      'a.test.js':
        "test('both', () => {}); if (process.env.XDIST_NODE === 'here') test('one', () => {}); else test('other', () => {});",
    });
    const output = await project.run(['-w', '2'], on(TWO));
    expect(output.exitCode).toBe(0);
    expect(namesOf(output, 'a.test.js')).toEqual(['here both', 'here one', 'tokyo both', 'tokyo other']);
    expect(output.stderr).toContain('does not have the same tests on every node: 2 in here, 2 in tokyo.');
    expect(output.stderr).toMatch(/- "one" \(only in here\)\n +\+ "other" \(only in tokyo\)/);
  });

  onLatestLine('nodes that cannot start are one error, and nothing runs', async (_line, make) => {
    const project = make({'a.test.js': `test('a', () => { ${NOTE} });`});
    const nodes = [HERE, {name: 'gone', execPath: './no/node'}, {name: 'bad', execArgv: ['--no-such-flag']}];
    for (const dist of ['each', 'load']) {
      const output = await project.run(['-w', '2'], on(nodes, dist));
      expect(output.exitCode).toBe(1);
      expect(output.stderr.match(/jest-runner-xdist: some nodes cannot be started\./g)).toHaveLength(1);
      expect(output.stderr).toContain(`"gone": there is no file ${project.path('no/node')}.`);
      expect(output.stderr).toMatch(/"bad": it exited with code 9[^]*bad option: --no-such-flag/);
      expect(project.exists('notes')).toBe(false);
      expect(output.events.filter(({event}) => event === 'file-start')).toEqual([]);
    }
  });

  onLatestLine('each without nodes is an error that says what to write', async (_line, make) => {
    const project = make({'a.test.js': `test('a', () => { ${NOTE} });`});
    const output = await project.run([], {env: {XDIST_DIST: 'each'}});
    expect(output.exitCode).toBe(1);
    expect(output.stderr).toMatch(/the environment variable XDIST_DIST: .*"each".*nodes/);
    expect(project.exists('notes')).toBe(false);
  });

  onLatestLine('-i runs in band, on the Node of Jest itself, and says so', async (_line, make) => {
    const project = make({'a.test.js': `test('a', () => { ${NOTE} });`});
    for (const [dist, flag] of [
      ['each', '-i'],
      ['load', '-iu'],
    ] as const) {
      const output = await project.run([flag], on(TWO, dist));
      expect(output.exitCode).toBe(0);
      expect(namesOf(output, 'a.test.js')).toEqual(['a']);
      expect(output.stderr).toContain("jest-runner-xdist: this run is in band, on the Node of Jest's own process");
    }
    expect(notesOf(project).map(({node}) => node)).toEqual([undefined, undefined]);
  });

  onLatestLine('Ctrl-C: what was in flight on a node is interrupted, what has ended counts', async (_line, make) => {
    const project = make({
      'a.test.js': `test('waits in the east', async () => {
        if (process.env.XDIST_NODE !== 'tokyo') return;
        require('fs').writeFileSync('waits', '');
        await new Promise(() => setInterval(() => {}, 1000));
      }, 600_000);`,
    });
    const output = await project.run(['-w', '2'], {
      ...on(TWO),
      meanwhile: async jest => {
        await project.untilThere(jest, 'waits');
        await untilUnitDone(project);
        jest.kill('SIGINT');
      },
    });
    expect(output.signal).toBe('SIGINT');
    expect(output.stderr).toMatch(/tokyo › waits in the east/);
    expect(testsOf(output, 'a.test.js').map(({fullName, status}) => `${fullName}: ${status}`)).toEqual([
      'here waits in the east: passed',
      'tokyo waits in the east: failed',
    ]);
    expect(await project.leftProcesses()).toEqual([]);
  });

  onLatestLine('Ctrl-C: a file that will not run on a node any more has not passed', async (_line, make) => {
    const project = make(
      {
        'a.test.js': "test('a', () => expect(1).toMatchSnapshot());",
        'b.test.js': `test('b', async () => {
        require('fs').writeFileSync('waits', '');
        await new Promise(() => setInterval(() => {}, 1000));
      }, 600_000);`,
        'sequencer.js': IN_ORDER,
      },
      {testSequencer: './sequencer.js'},
    );
    const output = await project.run(['-w', '1', '--ci=false'], {
      ...on(TWO),
      meanwhile: async jest => {
        await project.untilThere(jest, 'waits');
        await untilUnitDone(project);
        jest.kill('SIGINT');
      },
    });
    expect(output.signal).toBe('SIGINT');
    expect(namesOf(output, 'a.test.js')).toEqual(['here a']);
    expect(messageOf(output, 'a.test.js')).toMatch(
      /● tokyo › Test suite failed to run[^]*The file was not run on tokyo: SIGINT ended the run\./,
    );
    expect(output.json).toMatchObject({numFailedTestSuites: 2, numPassedTests: 1});
    expect(output.json?.snapshot.unchecked).toBe(0);
  });

  onLatestLine('--bail counts what has failed on the first node, before the others have begun', async (_line, make) => {
    const files = Object.fromEntries(
      Array.from({length: 12}, (_, index) => [
        `f${String(index).padStart(2, '0')}.test.js`,
        `test('t', () => { ${NOTE} throw new Error('fails'); });`,
      ]),
    );
    const project = make({...files, 'sequencer.js': IN_ORDER}, {testSequencer: './sequencer.js', bail: 2});
    const output = await project.run(['-w', '1', '--ci=false'], on(TWO));
    expect(output.exitCode).toBe(1);
    expect(output.stderr).toMatch(/● here › t/);
    expect(output.stderr).toMatch(/jest-runner-xdist: here \(v[\d.]+\): tests: \d+ failed, \d+ total; 1 worker\./);
    expect(notesOf(project).length).toBeLessThan(12);
    expect(notesOf(project).filter(({node}) => node === 'tokyo')).toEqual([]);
    expect(await project.leftProcesses()).toEqual([]);
  });
});

describe('other modes', () => {
  onLatestLine('the workers are shared out over the nodes, and names stay as they are', async (_line, make) => {
    // No file ends before one of each node has begun.
    const waits = `const fs = require('fs'); fs.writeFileSync('began on ' + process.env.XDIST_NODE, '');
      while (!fs.existsSync('began on here') || !fs.existsSync('began on tokyo')) await new Promise(resolve => setTimeout(resolve, 20));`;
    const project = make({
      'a.test.js': `test('a', async () => { ${NOTE} ${waits} }, 600_000);`,
      'b.test.js': `test('b', async () => { ${NOTE} ${waits} }, 600_000);`,
      'c.test.js': `test('c', () => { ${NOTE} });`,
    });
    const output = await project.run(['-w', '2'], on(TWO, 'load'));
    expect(output.exitCode).toBe(0);
    expect(['a', 'b', 'c'].map(name => namesOf(output, `${name}.test.js`))).toEqual([['a'], ['b'], ['c']]);
    expect(new Set(notesOf(project).map(({node, hours}) => `${node} ${hours}`))).toEqual(
      new Set(['here 0', 'tokyo 9']),
    );
    const counts = [...output.stderr.matchAll(/(?:here|tokyo) \(v[\d.]+\): tests: \d passed, (\d) total; 1 worker\./g)];
    expect(counts.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(3);
  });

  onLatestLine('a node for which there is no worker is told of', async (_line, make) => {
    const project = make(many(3, NOTE));
    const output = await project.run(['-w', '1'], on(TWO, 'load'));
    expect(output.json?.numPassedTests).toBe(3);
    expect(output.stderr).toMatch(/tokyo \(v[\d.]+\): no worker was started on it\./);
  });
});
