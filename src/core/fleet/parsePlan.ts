/** Parses the plan of a fleet. Whoever knows the secret may have written it, or another version of the runner. */
import {dictionary, list, nullable, ProtocolError, record} from '../wire/values';
import type {Collection} from './collection';
import {distinct, MOST_FILES, place, positive, shortText, time, word} from './fields';
import type {CutOfFleet, FleetPlan, KeptResult, PlannedJob} from './fleetPlan';

/** @throws {ProtocolError} */
export function parseCollection(value: unknown): Collection {
  const {files, config, versions, commit, settings, nodes} = record(value, 'a collection');
  const {runner, jest, node} = record(versions, 'versions');
  return {
    files: distinct(list(atMost(files), shortText), 'each file of the collection once'),
    config: shortText(config),
    versions: {runner: shortText(runner), jest: shortText(jest), node: shortText(node)},
    commit: nullable(commit, shortText),
    settings: namedDictionary(settings, 'settings', shortText),
    nodes: list(atMost(nodes), shortText),
  };
}

/** @throws {ProtocolError} */
export function parsePlan(value: unknown): FleetPlan {
  const {id, round, collection, jobs, cuts, kept} = record(value, 'the plan of a fleet');
  const parsed = parseCollection(collection);
  const count = parsed.files.length;
  const plan: FleetPlan = {
    id: word(id),
    round: positive(round),
    collection: parsed,
    jobs: list(atMost(jobs), job => parseJob(job, count)),
    cuts: list(atMost(cuts), cut => parseCut(cut, count)),
    kept: list(atMost(kept), parseKept),
  };
  checkJobs(plan);
  return plan;
}

function parseJob(value: unknown, count: number): PlannedJob {
  const {id, files, part, expectedMs} = record(value, 'a job of a plan');
  const places = list(atMost(files), file => place(file, count));
  if (places.length === 0 || places.some((at, index) => index > 0 && at <= (places[index - 1] ?? -1))) {
    throw new ProtocolError('the files of a job, ascending', files);
  }
  return {id: word(id), files: places, part: nullable(part, positive), expectedMs: nullable(expectedMs, time)};
}

function parseCut(value: unknown, count: number): CutOfFleet {
  const {file, parts, given} = record(value, 'a file that is cut');
  const number = positive(parts);
  if (number < 2) throw new ProtocolError('2 or more parts', parts);
  return {
    file: place(file, count),
    parts: number,
    given: namedDictionary(given, 'the parts of tests', part => {
      const index = positive(part);
      if (index < 2 || index > number) throw new ProtocolError(`a part from 2 to ${number}`, part);
      return index;
    }),
  };
}

function parseKept(value: unknown): KeptResult {
  const {job, plan, token} = record(value, 'a kept result');
  return {job: word(job), plan: word(plan), token: word(token)};
}

/** Each file is in one job, or each of its parts is; each job has its number; no result is kept twice. */
function checkJobs({collection, jobs, cuts, kept}: FleetPlan): void {
  const partsOf = new Map(cuts.map(({file, parts}) => [file, parts]));
  distinct(
    cuts.map(({file}) => file),
    'each cut file once',
  );
  const seen = new Set<string>();
  let whole = 0;
  for (const [index, {id, files, part}] of jobs.entries()) {
    if (id !== String(index)) throw new ProtocolError(`the id of job ${index}`, id);
    if (part !== null && files.length !== 1) throw new ProtocolError('one file in a job of a part', files);
    for (const file of files) {
      const parts = partsOf.get(file) ?? null;
      if ((part === null) !== (parts === null) || (part ?? 0) > (parts ?? 0)) {
        throw new ProtocolError(parts === null ? 'no part of a file that is not cut' : `a part of 1 to ${parts}`, part);
      }
      const name = `${file} ${part ?? ''}`;
      if (seen.has(name)) throw new ProtocolError('each file, or each of its parts, in one job', file);
      seen.add(name);
      whole += part === null || part === 1 ? 1 : 0;
    }
  }
  const parts = cuts.reduce((sum, cut) => sum + cut.parts, 0);
  if (whole !== collection.files.length || seen.size !== whole + parts - cuts.length) {
    throw new ProtocolError('a job for each file and for each part', seen.size);
  }
  distinct(
    kept.map(({job}) => job),
    'each kept result once',
  );
  for (const {job} of kept) {
    if (jobs[Number(job)]?.id !== job) throw new ProtocolError('the result of a job of the plan', job);
  }
}

function namedDictionary<T>(value: unknown, expected: string, parse: (field: unknown) => T): Record<string, T> {
  const parsed = dictionary(value, expected, parse);
  list(atMost(Object.keys(parsed)), shortText);
  return parsed;
}

/** Bounds a list before its items are parsed. */
function atMost(value: unknown): unknown {
  if (Array.isArray(value) && value.length > MOST_FILES) {
    throw new ProtocolError(`a list of at most ${MOST_FILES}`, value.length);
  }
  return value;
}
