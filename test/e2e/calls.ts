/** Calls of the command line `jest-runner-xdist` in a project. */
import {execFile} from 'node:child_process';
import {join} from 'node:path';
import {inheritedEnvironment, type Project} from './project';

export interface Called {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export function call(project: Project, ...args: readonly string[]): Promise<Called> {
  return callWith(project, {}, ...args);
}

/** @param env variables that the call has besides those of a terminal */
export function callWith(
  project: Project,
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<Called> {
  const script = join(project.folder, '..', '..', 'node_modules', 'jest-runner-xdist', 'dist', 'cli', 'main.js');
  const options = {cwd: project.folder, env: {...inheritedEnvironment(), ...env}, maxBuffer: 2 ** 28};
  return new Promise(resolve => {
    execFile(project.execPath, [script, ...args], options, (error, out, err) => {
      resolve({code: error === null ? 0 : Number(error.code), out, err});
    });
  });
}
