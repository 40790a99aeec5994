/** What cannot be told is found before anything is told, and each reason has a text of its own. */
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {RecordingLine, RunLine} from '../../../src/recording/lines';
import {RecordingFile} from '../../../src/recording/recordingFile';
import {checkDisjoint, findRecordings, placeRecording, readHead} from '../../../src/replay/checkedRecordings';
import type {ShownConfig} from '../../../src/replay/checkout';
import {checkRunners} from '../../../src/replay/projects';
import {readThrough} from '../../../src/replay/recordedParts';
import {temporaryFolder} from '../run/temporaryFolder';
import {RUN as FIRST_LINE} from '../../recordedRuns';

const checkout = temporaryFolder({'app/a.test.js': '', 'app/b.test.js': ''});
const folder = temporaryFolder();

const OURS = join(__dirname, '../../../dist/index.js');

const project = (id: string, displayName?: string, runner = OURS) => ({
  id,
  runner,
  rootDir: join(checkout, 'app'),
  ...(displayName !== undefined && {displayName: {name: displayName}}),
});

const config = (configs = [project('here')], version = '30.5.2'): ShownConfig => ({
  version,
  configs,
  globalConfig: {
    rootDir: join(checkout, 'app'),
    bail: 0,
    ci: false,
    collectCoverage: false,
    coverageProvider: 'babel',
    expand: false,
    randomize: false,
    silent: false,
    verbose: null,
    watch: false,
    watchAll: false,
  },
});

const RUN: RunLine = {
  ...FIRST_LINE,
  level: 'full',
  versions: {runner: '1.0.0', jest: '30.2.0', node: 'v20.0.0'},
  projects: [{id: 'elsewhere', name: null, rootDir: 'app', fingerprint: 'c'}],
  rootDir: 'app',
  git: {commit: 'abc123', branch: null},
};

const END: RecordingLine = {type: 'end', at: 1, verdict: 'passed', failedOutside: false};

let count = 0;

function write(lines: readonly RecordingLine[]): string {
  const path = join(folder, `${count++}.xdist`);
  const file = new RecordingFile(path, error => {
    throw error;
  });
  for (const line of lines) file.append(line);
  file.close();
  return path;
}

const files = (...paths: readonly string[]): RecordingLine => ({
  type: 'files',
  files: paths.map(path => ({project: 0, path})),
});

const place = (lines: readonly RecordingLine[], shown = config()) => placeRecording(readHead(write(lines)), shown);

test('a recorded file is one of this checkout', () => {
  expect(place([RUN, files('app/a.test.js'), END])).toMatchObject({
    root: checkout,
    files: [{configId: 'here', path: join(checkout, 'app/a.test.js')}],
  });
});

test('a default recording', () => {
  expect(() => place([{...RUN, level: 'default'}, files()])).toThrow(/default recording.*XDIST_RECORDING=run\.xdist/);
});

test('another major version of Jest', () => {
  expect(() => place([RUN, files()], config([project('here')], '29.7.0'))).toThrow(/Jest 30\.2\.0.*has Jest 29\.7\.0/);
});

test('another rootDir', () => {
  expect(() => place([{...RUN, rootDir: 'packages/app'}, files()])).toThrow(/rootDir of its run is packages\/app/);
});

test('a missing file', () => {
  const lines = [RUN, files('app/a.test.js', 'app/gone.test.js', 'app/too.test.js')];
  expect(() => place(lines)).toThrow(
    /does not have its test file .*gone\.test\.js, and 1 more\. Check out commit abc123/,
  );
});

test('a missing project, and projects that are alike', () => {
  const named: RunLine = {...RUN, projects: [{id: 'x', name: 'api', rootDir: 'app', fingerprint: 'c'}]};
  expect(() => place([named, files()])).toThrow(/its project "api" is not in the config/);
  expect(place([named, files('app/a.test.js')], config([project('here'), project('two', 'api')]))).toMatchObject({
    files: [{configId: 'two'}],
  });
  expect(() => place([RUN, files()], config([project('here'), project('two')]))).toThrow(/2 projects like its "app"/);
});

test('one file in two recordings', () => {
  const [a, b] = [place([RUN, files('app/a.test.js')]), place([RUN, files('app/b.test.js', 'app/a.test.js')])];
  expect(() => checkDisjoint([a, b])).toThrow(`${join(checkout, 'app/a.test.js')} is in two recordings: `);
  expect(() => checkDisjoint([a, place([RUN, files('app/b.test.js')])])).not.toThrow();
});

test('a project with another runner', () => {
  const shown = config([project('here'), project('lint', 'lint', '/node_modules/jest-runner-eslint/index.js')]);
  expect(() => checkRunners(shown, new Set(['here']), [])).toThrow(
    /"lint" has another runner.*--without-project "lint"/,
  );
  expect(() => checkRunners(shown, new Set(['here']), ['lint'])).not.toThrow();
  expect(() => checkRunners(shown, new Set(['here', 'lint']), [])).not.toThrow();
  expect(() => checkRunners(shown, new Set(['here']), ['lint', 'x'])).toThrow(/there is no such project\. There is: /);
});

describe('a recording that does not hold all of its run', () => {
  const problemOf = (lines: readonly RecordingLine[], change = (bytes: Buffer) => bytes) => {
    const path = write(lines);
    writeFileSync(path, change(readFileSync(path)));
    return readThrough(placeRecording(readHead(path), config()), join(folder, 'maps')).problem;
  };

  it('is whole', () => expect(problemOf([RUN, files('app/a.test.js'), END])).toBeNull());
  it('has no end', () => expect(problemOf([RUN, files('app/a.test.js')])).toMatch(/has not ended, or was killed/));

  it('names an unknown file', () => {
    const told: RecordingLine = {type: 'told', at: 1, name: 'test-file-start', file: 1, data: null};
    expect(problemOf([RUN, files('app/a.test.js'), told])).toMatch(/Line 3 is damaged/);
  });

  it('has a path that leaves the root', () => {
    const data = {testFilePath: '../../etc/passwd'};
    const told: RecordingLine = {type: 'told', at: 1, name: 'test-file-success', file: 0, data};
    expect(() => problemOf([RUN, files('app/a.test.js'), told])).toThrow(/"\.\.\/\.\.\/etc\/passwd" leaves the repo/);
  });
});

test('recordings are files, and folders of them', () => {
  const some = temporaryFolder({'r/b.xdist': '', 'r/a.xdist': '', 'r/c.txt': '', 'empty/x': ''});
  expect(findRecordings(['r', 'r/a.xdist'], some)).toEqual([join(some, 'r/a.xdist'), join(some, 'r/b.xdist')]);
  expect(() => findRecordings(['gone'], some)).toThrow('gone: there is no such file or folder.');
  expect(() => findRecordings(['empty'], some)).toThrow('empty: the folder has no recording (*.xdist).');
  expect(() => findRecordings([], some)).toThrow('no recording is named');
});
