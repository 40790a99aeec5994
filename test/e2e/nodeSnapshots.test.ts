/** With `dist: 'each'`, all nodes share one snapshot file. */
import {basename} from 'node:path';
import {COMPANY, messageOf, on, testsOf, TWO} from './nodeRuns';
import {IS_THOROUGH, onLatestLine} from './project';

describe('snapshots with each', () => {
  const SNAP = '__snapshots__/a.test.js.snap';

  onLatestLine('one that all nodes agree on is written once', async (_line, make) => {
    const project = make(
      {
        'a.test.js':
          "test('x', () => {\n  expect(1).toMatchSnapshot();\n  expect({a: 2}).toMatchInlineSnapshot();\n});\n",
      },
      {prettierPath: null},
    );
    const first = await project.run(['-w', '2', '--ci=false'], on(TWO));
    expect(first.exitCode).toBe(0);
    expect(first.json?.snapshot).toMatchObject({added: 2, matched: 2, unmatched: 0, total: 4, filesAdded: 1});
    expect(project.read(SNAP)).toContain('exports[`x 1`] = `1`;');
    expect(project.read('a.test.js').match(/"a": 2/g)).toHaveLength(1);
    const text = project.read(SNAP);
    const again = await project.run(['-w', '2', '--ci'], on(TWO));
    expect(again.json?.snapshot).toMatchObject({added: 0, matched: 4, unmatched: 0, unchecked: 0});
    expect(project.read(SNAP)).toBe(text);
    // And it is the one that a run without nodes has.
    const stock = await project.run(['--ci'], {runner: 'stock'});
    expect(stock.exitCode).toBe(0);
  });

  onLatestLine('nodes that disagree fail, with both values; also with -u', async (_line, make) => {
    const project = make({'a.test.js': "test('hours', () => expect(new Date(0).getHours()).toMatchSnapshot());"});
    for (const args of [['--ci=false'], ['-u']]) {
      const output = await project.run(['-w', '2', ...args], on(TWO));
      expect(output.exitCode).toBe(1);
      expect(testsOf(output, 'a.test.js').map(({status}) => status)).toEqual(['passed', 'failed']);
      expect(messageOf(output, 'a.test.js')).toMatch(/● tokyo › hours[^]*Snapshot: 0\n +Received: 9/);
      expect(project.read(SNAP)).toContain('exports[`hours 1`] = `0`;');
    }
  });

  onLatestLine('those of a test that only one node has are neither lost nor obsolete', async (_line, make) => {
    const project = make({
      'a.test.js': `
        test('both', () => expect(1).toMatchSnapshot());
        if (process.env.XDIST_NODE === 'tokyo') test('east', () => expect('east').toMatchSnapshot());
        else test('west', () => expect('west').toMatchSnapshot());`,
    });
    for (const args of [['--ci=false'], ['-u']]) {
      const output = await project.run(['-w', '2', ...args], on(TWO));
      expect([args, output.exitCode, output.json?.snapshot.unchecked]).toEqual([args, 0, 0]);
      for (const name of ['both', 'east', 'west']) expect(project.read(SNAP)).toContain(`exports[\`${name} 1\`]`);
    }
    project.write('a.test.js', "test('both', () => expect(1).toMatchSnapshot());");
    const output = await project.run(['-w', '2', '--ci'], on(TWO));
    expect(output.json?.snapshot).toMatchObject({unchecked: 2});
    const updated = await project.run(['-w', '2', '-u'], on(TWO));
    expect(updated.json?.snapshot).toMatchObject({unchecked: 2});
    expect(project.read(SNAP)).not.toContain('east');
  });

  onLatestLine('with -u those of a later node survive if its tests do not get to them', async (_line, make) => {
    const both = "test('both', () => expect(1).toMatchSnapshot());";
    const east = (text: string) => `if (process.env.XDIST_NODE === 'tokyo') ${text}`;
    const asksForEast = "test('east', () => expect('east').toMatchSnapshot());";
    const old = "test('old', () => expect('old').toMatchSnapshot());";
    const dies = "process.kill(process.pid, 'SIGKILL');";
    const gone = ['both', 'east'];
    // What a node has no test for nobody knows.
    const unknown = ['both', 'east', 'old'];
    const cases: Readonly<Record<string, readonly [source: string, kept: readonly string[]]>> = {
      skipped: [east(asksForEast.replace('test(', 'test.skip(')), gone],
      'throws before': [east("test('east', () => { throw new Error('before'); });"), gone],
      'dies before': [east(`test('east', () => { ${dies} });`), gone],
      'cannot be loaded': [east("throw new Error('not in the east');"), unknown],
      'dies while it is loaded': [east(dies), unknown],
      'none has a test': ['', ['both']],
    };
    for (const pragma of IS_THOROUGH ? ['', '/** @can-split */\n'] : ['/** @can-split */\n']) {
      const files = (second: (what: string) => string) =>
        Object.fromEntries(Object.keys(cases).map(what => [`${what}.test.js`, `${pragma}${both}\n${second(what)}`]));
      const none = {'no snapshots.test.js': `${pragma}${both}`};
      const project = make({...files(() => `${east(asksForEast)}\n${old}`), ...none});
      await project.run(['-w', '2', '--ci=false'], on(TWO));
      const updated = {
        ...files(what => cases[what]?.[0] ?? ''),
        'no snapshots.test.js': `${pragma}test('none', () => {});`,
      };
      for (const [path, text] of Object.entries(updated)) project.write(path, text);
      const output = await project.run(['-w', '2', '-u'], on(TWO));
      // Two of the last case, and one of each that knows `old` to be gone.
      expect(output.json?.snapshot).toMatchObject({unchecked: 5, filesRemoved: 1});
      expect(output.stderr).toContain('5 snapshots removed');
      const passed = output.json?.testResults.filter(({status}) => status !== 'failed').map(({name}) => name);
      expect(passed?.map(path => basename(path, '.test.js')).sort()).toEqual([
        'no snapshots',
        'none has a test',
        'skipped',
      ]);
      for (const [what, [, kept]] of Object.entries(cases)) {
        const text = project.read(`__snapshots__/${what}.test.js.snap`);
        const keys = [...text.matchAll(/^exports\[`(\w+) 1`\]/gm)].map(([, name]) => name);
        expect([pragma, what, keys]).toEqual([pragma, what, kept]);
      }
      expect(project.exists('__snapshots__/no snapshots.test.js.snap')).toBe(false);
    }
  });

  onLatestLine('those of a file that is split on each node', async (_line, make) => {
    const tests = `${COMPANY} for (let i = 0; i < 8; i++) test('t' + i, async () => { expect(i).toMatchSnapshot(); await company(); });`;
    const project = make({'a.test.js': `/** @can-split */\n${tests}`});
    const output = await project.run(['-w', '4', '--ci=false'], on(TWO));
    expect(output.json?.snapshot).toMatchObject({added: 8, matched: 8, unmatched: 0});
    expect(project.read(SNAP).match(/^exports/gm)).toHaveLength(8);
  });
});
