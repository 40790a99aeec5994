/** Which project of this checkout's config is a recorded one. */
import {existsSync, readFileSync} from 'node:fs';
import {dirname, join, relative} from 'node:path';
import type {RecordedProject} from '../recording/lines';
import {RecordingError} from '../recording/reader';
import type {RepoPaths} from '../recording/repoPaths';
import type {ShownConfig, ShownProject} from './checkout';
import {ReplayError} from './replayError';

/**
 * @returns for each recorded project, the id of its config in this checkout
 * @throws {RecordingError} if there is none, or if it is unclear which it is
 */
export function matchProjects(
  recording: string,
  recorded: readonly RecordedProject[],
  paths: RepoPaths,
  projects: readonly ShownProject[],
): string[] {
  const alike = (project: RecordedProject) =>
    projects.filter(
      ({displayName, rootDir}) =>
        (displayName?.name ?? null) === project.name && paths.toRecorded(rootDir) === project.rootDir,
    );
  return recorded.map(project => {
    const candidates = alike(project);
    // Without names, several projects may have one rootDir. Their ids depend on the path of the checkout.
    const same = recorded.filter(other => other.name === project.name && other.rootDir === project.rootDir);
    const found =
      candidates.find(({id}) => id === project.id) ??
      (candidates.length === same.length ? candidates[same.indexOf(project)] : undefined);
    if (found !== undefined) return found.id;
    const name = project.name ?? (project.rootDir || '.');
    throw new RecordingError(
      recording,
      candidates.length === 0
        ? `its project "${name}" is not in the config of this checkout. Check out the commit of the run.`
        : `the config of this checkout has ${candidates.length} projects like its "${name}". Give each a displayName.`,
    );
  });
}

/**
 * A run with a project that has another runner is not on record as a whole.
 *
 * @param told the ids of the projects that are in recordings: our runner ran them, whatever the config says
 * @param without the names of the projects that the user does without
 * @throws {ReplayError} if there is such a project
 */
export function checkRunners(
  {configs, globalConfig}: ShownConfig,
  told: ReadonlySet<string>,
  without: readonly string[],
): void {
  const nameOf = ({displayName, rootDir}: ShownProject) =>
    displayName?.name ?? (relative(globalConfig.rootDir, rootDir) || '.');
  const names = configs.map(nameOf);
  for (const name of without) {
    if (names.includes(name)) continue;
    throw new ReplayError(`--without-project ${name}: there is no such project. There is: ${names.join(', ')}.`);
  }
  for (const project of configs) {
    const name = nameOf(project);
    if (told.has(project.id) || without.includes(name) || isOurs(project.runner)) continue;
    throw new ReplayError(
      `the project "${name}" has another runner, so no recording has its tests (${project.runner}). ` +
        `To do without them: --without-project ${JSON.stringify(name)}`,
    );
  }
}

/** Whether a module is of a copy of this package. */
function isOurs(module: string): boolean {
  for (let at = dirname(module); ; at = dirname(at)) {
    const manifest = join(at, 'package.json');
    if (existsSync(manifest)) {
      return (JSON.parse(readFileSync(manifest, 'utf8')) as {name?: unknown}).name === 'jest-runner-xdist';
    }
    if (dirname(at) === at) return false;
  }
}
