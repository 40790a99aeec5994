/** Recordings of simulated runs, and the files that hold them. */
import {writeFileSync} from 'node:fs';
import {encodeBlock} from '../src/recording/blocks';
import type {RecordingLine, RunLine} from '../src/recording';
import type {SchedulePlan} from '../src/core/schedule';
import {simulate} from './simulation/simulator';
import type {World} from './simulation/world';

/** The first line of a run over workers, with one project. */
export const RUN: RunLine = {
  type: 'run',
  format: 1,
  level: 'default',
  runId: 'b3f1',
  startedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
  beforeMs: 700,
  versions: {runner: '0.1.0', jest: '30.5.0', node: '24.1.0'},
  machine: {platform: 'linux', arch: 'x64', cpu: 'a CPU', cores: 4, memoryBytes: 2 ** 34},
  options: {},
  jest: {
    bail: 0,
    ci: false,
    collectCoverage: false,
    coverageProvider: 'babel',
    expand: false,
    maxWorkers: 2,
    randomize: false,
    seed: 1,
    shard: null,
    silent: false,
    testNamePattern: null,
    testPathPatterns: [],
    updateSnapshot: 'new',
    verbose: null,
    watch: false,
    related: false,
  },
  projects: [{id: 'c', name: null, rootDir: '', fingerprint: 'c'}],
  rootDir: '',
  git: {commit: null, branch: null},
  fingerprints: {config: 'c', files: 'f'},
  inBand: null,
};

/** What a simulated run records: its plan, events and commands. Its files are "t0.test.js", "t1.test.js" and so on. */
export function recordedRun(of: SchedulePlan, world: World): RecordingLine[] {
  const resumes = world.resume ?? true;
  // No path may end like another one: a death names files by their paths.
  const units = of.units.map(unit => ({...unit, file: {...unit.file, path: `t${unit.id}.test.js`}}));
  const plan = {...of, resumes, units};
  const steps: RecordingLine[] = [];
  const {makespan} = simulate(plan, world, {
    check: false,
    log: line => {
      if (line.type === 'event' || line.type === 'command') steps.push(line);
    },
  });
  return [
    RUN,
    {type: 'files', files: units.map(({file}) => ({project: 0, path: file.path}))},
    {type: 'plan', at: 0, plan, files: units.map(({id}) => id), nodes: []},
    ...steps,
    {type: 'end', at: makespan, verdict: 'passed', failedOutside: false},
  ];
}

/** Writes lines as a recording. @param perBlock how many lines a block has */
export function writeRecording(path: string, lines: readonly unknown[], perBlock = 1000): void {
  const blocks: Buffer[] = [];
  for (let from = 0; from < lines.length; from += perBlock) {
    const block = lines.slice(from, from + perBlock);
    blocks.push(encodeBlock(block.map(line => `${JSON.stringify(line)}\n`).join('')));
  }
  writeFileSync(path, Buffer.concat(blocks));
}
