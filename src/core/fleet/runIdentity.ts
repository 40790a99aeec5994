/** Which run of a fleet this machine belongs to. */
import {CIS, type Ci} from '../rules/cis';

export interface IdentitySources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The option `fleet.run`; null: not set. */
  readonly run: string | null;
  /** Names the project, such as the `name` of its package.json: two projects on one server must not meet. */
  readonly project: string;
  /** The fingerprint of the configs (`Collection.config`). */
  readonly config: string;
  /** The major version of Node, such as `24`. */
  readonly node: string;
}

export interface RunIdentity {
  /** The name of the run. All its machines find the same, and no other run has it. ASCII without blanks. */
  readonly run: string;
  /** All runs that the CI has for a project in one pipeline, or the run itself if the user names it. */
  readonly family: string;
  /** What durations belong to: the name of all such runs, of whatever commit. */
  readonly series: string;
  /** How many jobs the CI has for the run; null: it does not say. */
  readonly machines: number | null;
}

/** @returns a text that says what is missing, and what to set */
export function runIdentity(sources: IdentitySources): RunIdentity | string {
  const {environment, run, project, config, node} = sources;
  const ci = CIS.find(({pipeline}) => firstSet(environment, pipeline) !== null) ?? null;
  const machines = ci === null ? null : machinesOf(environment, ci);
  // Whoever names a run decides who belongs to it: a machine with another Node or config is told what differs.
  if (run !== null) {
    const name = nameOf(['run', project, run]);
    return {run: name, family: name, series: nameOf(['series', project, node]), machines};
  }
  const pipeline = ci === null ? null : firstSet(environment, ci.pipeline);
  if (ci === null || pipeline === null) return missing();
  const repository = ci.repository.map(variable => environment[variable] ?? '').join('/');
  const place = [ci.name, repository];
  return {
    run: nameOf([...place, pipeline, jobOf(environment, ci.job), project, node, config]),
    family: nameOf([...place, pipeline, project]),
    series: nameOf([...place, jobOf(environment, ci.steadyJob), project, node]),
    machines,
  };
}

function machinesOf(environment: IdentitySources['environment'], {parallel}: Ci): number | null {
  const count = parallel === null ? undefined : environment[parallel.count];
  return count !== undefined && /^[1-9]\d{0,5}$/.test(count) ? Number(count) : null;
}

function jobOf(environment: IdentitySources['environment'], names: Ci['job']): string {
  // GitLab: `test 2/5`. Azure's jobs of a phase, where the phase has no name: `test 2`.
  return names.map(variables => (firstSet(environment, variables) ?? '').replace(/ \d+(\/\d+)?$/, '')).join('/');
}

function firstSet(environment: IdentitySources['environment'], variables: readonly string[]): string | null {
  return variables.map(variable => environment[variable]).find(value => value !== undefined && value !== '') ?? null;
}

/** Two lists with the same name are the same. */
function nameOf(parts: readonly string[]): string {
  return parts.map(part => encodeURIComponent(part.replace(/\p{Cs}/gu, '\u{fffd}'))).join('/');
}

function missing(): string {
  const variables = CIS.map(({name, pipeline}) => `${name} (${pipeline.join(', ')})`).join(', ');
  return (
    `No variable says which run of the fleet this is. Known: ${variables}. Elsewhere, name the run on each machine: ` +
    `set the option fleet.run, or XDIST_FLEET='{"url":"redis://…","run":"2024-05-17 #3"}'.`
  );
}
