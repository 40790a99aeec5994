/** Recordings of runs that the simulation made. */
import type {SchedulePlan} from '../../../../src/core/schedule/state';
import type {FileProfile} from '../../../../src/core/wire/fileProfile';
import type {RecordingLine, RunLine, ShareLine} from '../../../../src/recording/lines';
import {simulate} from '../../../simulation/simulator';
import type {World} from '../../../simulation/world';

/** A file: what it takes to load, and its tests, in ms. */
export interface SimulatedFile {
  readonly loadMs: number;
  readonly tests: readonly number[];
}

export const START_MS = 200;

export const RUN: RunLine = {
  type: 'run',
  format: 1,
  level: 'default',
  runId: 'r',
  startedAt: 0,
  beforeMs: 0,
  versions: {runner: '1', jest: '30', node: '22'},
  machine: {platform: 'linux', arch: 'x64', cpu: 'a', cores: 64, memoryBytes: 8e9},
  options: {},
  jest: {
    bail: 0,
    ci: false,
    collectCoverage: false,
    coverageProvider: 'babel',
    expand: false,
    maxWorkers: 2,
    randomize: false,
    seed: 0,
    shard: null,
    silent: false,
    testNamePattern: null,
    testPathPatterns: [],
    updateSnapshot: 'new',
    verbose: null,
    watch: false,
    related: false,
  },
  projects: [{id: 'c', name: null, rootDir: ''}],
  rootDir: '',
  git: {commit: null, branch: null},
  fingerprints: {config: '', files: ''},
  inBand: null,
};

export function worldOf(plan: SchedulePlan, files: readonly SimulatedFile[]): World {
  const split = plan.units.flatMap(({id, split: may}) => {
    const {loadMs, tests} = files[id]!;
    return may === null ? [] : [[id, {openMs: loadMs, groups: tests, costs: tests, opens: true}] as const];
  });
  return {
    actualMs: files.map(({loadMs, tests}) => tests.reduce((sum, ms) => sum + ms, loadMs)),
    split: new Map(split),
    fixtures: plan.fixtures.map(() => ({setupMs: 700, teardownMs: 100, fails: []})),
    startMs: START_MS,
    latencyMs: 1,
    batched: true,
  };
}

/** What a run of these files leaves. @param profileOf null: nobody measured the file */
export function simulatedRecording(
  plan: SchedulePlan,
  files: readonly SimulatedFile[],
  profileOf: (file: number) => FileProfile | null = () => null,
): {readonly lines: RecordingLine[]; readonly ms: number} {
  const lines: RecordingLine[] = [
    {type: 'files', files: plan.units.map(({file}) => ({project: 0, path: file.path.slice(1)}))},
  ];
  const {makespan} = simulate(plan, worldOf(plan, files), {
    check: false,
    maxEvents: Infinity,
    log: line => {
      if (line.type !== 'plan') {
        lines.push(line);
        return;
      }
      // The paths of a recording have no root.
      const units = line.plan.units.map(unit => ({...unit, file: {...unit.file, path: unit.file.path.slice(1)}}));
      lines.push({...line, plan: {...line.plan, units}, files: units.map(({id}) => id), nodes: []});
    },
  });
  for (const [unit, {tests}] of files.entries()) {
    if (plan.units[unit]?.split != null)
      lines.push({type: 'groups', at: 0, unit, groups: tests.map((_, group) => group)});
    lines.push(shareOf(unit, tests, profileOf(unit)));
  }
  lines.push({type: 'end', at: makespan, verdict: 'passed', failedOutside: false});
  return {lines, ms: makespan};
}

function shareOf(unit: number, tests: readonly number[], profile: FileProfile | null): ShareLine {
  return {
    type: 'share',
    at: 0,
    file: unit,
    unit,
    slot: 1,
    node: null,
    tests: tests.map((ms, index) => ({titles: [`t${index}`], status: 'passed', ms, at: null})),
    profile,
  };
}
