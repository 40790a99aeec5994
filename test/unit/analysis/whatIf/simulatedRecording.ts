/** Recordings of runs that the simulation made. */
import type {SchedulePlan} from '../../../../src/core/schedule/state';
import type {FileProfile} from '../../../../src/core/wire/fileProfile';
import type {RecordingLine, RunLine, ShareLine} from '../../../../src/recording/lines';
import {simulate} from '../../../simulation/simulator';
import type {World} from '../../../simulation/world';
import {RUN as FIRST_LINE} from '../../../recordedRuns';

/** A file: what it takes to load, and its tests, in ms. */
export interface SimulatedFile {
  readonly loadMs: number;
  readonly tests: readonly number[];
}

export const START_MS = 200;

/** On a machine on which all workers of a simulated run find a core. */
export const RUN: RunLine = {...FIRST_LINE, beforeMs: 0, machine: {...FIRST_LINE.machine, cores: 64}};

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
