/** Jest is told a run again, in another checkout: all that a user sees is as in the run, and nothing is executed. */
import {readRecording} from '../../src/recording';
import {RecordingFile} from '../../src/recording/recordingFile';
import {onEachLine, onLatestLine} from './project';
import {replayedConfig, replayedFiles} from './replayedProject';
import {report, showAsJest, visible} from './replays';

/** Arguments of the run that are not recorded, as they say only where results go. */
const OUTPUT = ['--reporters=jest-junit'];

/** What Jest's reporters print of coverage and of failures differs from line to line, so these run on each line. */
const ON_EACH_LINE = [
  ['with coverage by istanbul, over workers', ['-w', '2', '--coverage', '--ci'], 'never', ['coverage']],
  ['with coverage by V8, over workers', ['-w', '2', '--coverage', '--coverageProvider=v8'], 'never', ['coverage']],
] as const;
const ON_LATEST_LINE = [
  ['with coverage by istanbul, in band', ['-i', '--coverage', '-t', 's'], '', ['coverage']],
  ['of some files', ['-w', '2', '--randomize', '--seed=7', 'one'], 'never', []],
  ['that bails', ['-i', '--bail'], '', []],
] as const;

describe.each([
  ...ON_EACH_LINE.map(run => [...run, onEachLine] as const),
  ...ON_LATEST_LINE.map(run => [...run, onLatestLine] as const),
])('a run %s', (_, args, inBand, reports, define) => {
  define('is told again', async (line, make) => {
    const here = make(replayedFiles(line), replayedConfig('xdist'));
    const there = make(replayedFiles(line), replayedConfig('xdist'));
    const run = await here.run([...OUTPUT, ...args], {env: {XDIST_IN_BAND: inBand || 'auto'}});
    expect(here.read('ran')).toMatch(/globalSetup[^]*environment/);
    const sources = {one: there.readAll('one'), two: there.readAll('two')};

    const replay = await showAsJest(there, OUTPUT, {recordings: [here.path('run.xdist')]});
    expect(visible(there, replay)).toEqual(visible(here, run));
    expect(run.exitCode).toBe(1);
    expect(there.exists('ran')).toBe(false);
    expect({one: there.readAll('one'), two: there.readAll('two')}).toEqual(sources);
    const written = [...reports.flatMap(folder => [`${folder}/lcov.info`, `${folder}/coverage-final.json`])];
    if (here.exists('junit.xml')) written.push('junit.xml');
    for (const path of written) expect(report(there, path)).toBe(report(here, path));
  });
});

onLatestLine('a run that was cut off is told up to there, and fails', async (_line, make) => {
  const files = {
    '.git/HEAD': '',
    'a.test.js': 'test("a", () => {});',
    'b.test.js': 'test("b", () => {});',
  };
  const here = make(files);
  const there = make(files);
  await here.run(['-w', '2']);
  const cut = there.path('cut.xdist');
  const file = new RecordingFile(cut, error => {
    throw error;
  });
  const {run, lines} = readRecording(here.path('run.xdist'));
  for (const line of [run, ...lines]) if (line.type !== 'end') file.append(line);
  file.close();
  const refused = await showAsJest(there, [], {recordings: [cut]});
  expect(refused).toMatchObject({exitCode: 2, json: null, stdout: ''});
  expect(refused.stderr).toMatch(/cut\.xdist: .*--allow-incomplete/);
  const allowed = await showAsJest(there, [], {recordings: [cut], allowIncomplete: true});
  expect(allowed.exitCode).toBe(1);
  expect(allowed.stderr).toMatch(/cut\.xdist: .*This replay is incomplete, so it fails\./);
  expect(allowed.json).toMatchObject({numTotalTestSuites: 2, numFailedTests: 0});
});

onLatestLine('a project with another runner', async (_line, make) => {
  const files = {
    '.git/HEAD': '',
    'a.test.js': 'test("a", () => {});',
    'b.test.js': 'test("b", () => {});',
  };
  const config = {
    projects: [
      {displayName: 'ours', testMatch: ['<rootDir>/a.test.js'], transform: {}, runner: 'xdist'},
      {displayName: 'other', testMatch: ['<rootDir>/b.test.js'], transform: {}},
    ],
  };
  const here = make(files, config);
  const there = make(files, config);
  const run = await here.run(['-w', '2'], {runner: 'config'});
  expect(run.json?.numTotalTests).toBe(2);
  const recordings = [here.path('run.xdist')];

  const refused = await showAsJest(there, [], {recordings});
  expect(refused).toMatchObject({exitCode: 2, json: null, stdout: ''});
  expect(refused.stderr).toContain('the project "other" has another runner');
  const told = await showAsJest(there, [], {recordings, withoutProjects: ['other']});
  expect(told).toMatchObject({exitCode: 0, json: {numTotalTests: 1, numTotalTestSuites: 1}});
});
