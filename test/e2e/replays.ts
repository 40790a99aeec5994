/** Records a run of a project, and tells it again in another folder. */
import type {JestOutput, Project} from './project';

export interface Replayed {
  readonly run: JestOutput;
  readonly replay: JestOutput;
}

export interface ReplayOptions {
  /** Default: the recording of the recorded project. */
  readonly recordings?: readonly string[];
  readonly withoutProjects?: readonly string[];
  readonly allowIncomplete?: boolean;
}

/** The command `show --as-jest`, with Jest's arguments as its own. */
const SHOW = `
const {dirname, join} = require('path');
const ours = dirname(require.resolve('jest-runner-xdist/package.json'));
const {showAsJest} = require(join(ours, 'dist', 'cli', 'asJest.js'));
showAsJest({...JSON.parse(process.env.SHOW_OPTIONS), jestArguments: process.argv.slice(2), cwd: __dirname}).then(
  code => (process.exitCode = code),
);
`;

/** Tells recordings in a project, and runs none of it. */
export async function showAsJest(
  project: Project,
  jestArguments: readonly string[],
  {recordings = [], withoutProjects = [], allowIncomplete = false}: ReplayOptions,
): Promise<JestOutput> {
  project.write('.show.cjs', SHOW);
  return project.run(jestArguments, {
    runner: 'config',
    script: project.path('.show.cjs'),
    env: {SHOW_OPTIONS: JSON.stringify({recordings, withoutProjects, allowIncomplete})},
  });
}

/** Of an error that Jest itself makes when it is told of a file. */
export const JESTS_FRAMES = /\n +at .*(?:@jest\/core|jest-cli|jest-runner|emittery|node:internal)\/.*/g;

/** What a run and its replay have in common: all but times and the name of the folder. */
export function visible({folder}: Project, {exitCode, stdout, stderr, json, events}: JestOutput): unknown {
  const normalized = (text: string) =>
    text
      .replaceAll(folder, '<folder>')
      .replaceAll(/^Time: {8}.*\n/gm, '')
      .replaceAll(JESTS_FRAMES, '');
  return JSON.parse(JSON.stringify({exitCode, stdout, stderr, json, events}), (key, value: unknown) => {
    if (typeof value === 'string') return normalized(value);
    if (key === 'coverageMap') return JSON.parse(JSON.stringify(value).replaceAll(folder, '<folder>')) as unknown;
    return key === 'startTime' || key === 'endTime' ? 0 : value;
  });
}

/** A report that a run has written, without the times of the run as a whole and the name of the folder. */
export function report(project: Project, path: string): string {
  return project
    .read(path)
    .replaceAll(project.folder, '<folder>')
    .replaceAll(/ (time|timestamp)="[^"]*"/g, '');
}
