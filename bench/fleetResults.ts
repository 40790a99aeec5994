/**
 * `npm run bench:fleetResults -- <full recordings>`: how many bytes the results of recorded runs have on their way
 * between the machines of a fleet, and the CPU time that each machine spends on them.
 */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import type {Test} from '@jest/test-result';
import type {PlannedJob} from '../src/core/fleet/fleetPlan';
import {LiveReplay} from '../src/fleet/results/liveReplay';
import {decodeResult, decodeSource, encodeResult, encodeSource} from '../src/fleet/results/resultBytes';
import {ResultWriter} from '../src/fleet/results/resultWriter';
import type {SourceLine, ToldName} from '../src/recording/lines';
import {readLines} from '../src/recording/reader';
import {RepoPaths} from '../src/recording/repoPaths';
import {ToldDecoder} from '../src/recording/told';
import {Reports} from '../src/run/files/reports';

/** The first round warms up. */
const ROUNDS = 6;

const ROOT = '/app';

/** What Jest was told of a file. */
interface RecordedFile {
  readonly test: Test;
  readonly told: readonly {readonly name: ToldName; readonly payload: readonly unknown[]}[];
}

async function main(recordings: readonly string[]): Promise<void> {
  const maps = mkdtempSync(join(tmpdir(), 'xdist-bench-'));
  try {
    for (const recording of recordings) {
      for (const coverage of [false, true]) await measure(recording, coverage, maps);
    }
  } finally {
    rmSync(maps, {recursive: true, force: true});
  }
}

function read(recording: string, coverage: boolean, maps: string): RecordedFile[] {
  const decoder = new ToldDecoder(new RepoPaths(ROOT), maps);
  const files: {test: Test; told: {name: ToldName; payload: readonly unknown[]}[]}[] = [];
  for (const line of readLines(recording)) {
    if (line.type === 'files') {
      for (const {path} of line.files) files.push({test: {path: join(ROOT, path)} as Test, told: []});
    } else if (line.type === 'source') {
      decoder.addSource(line);
    } else if (line.type === 'told' && line.file !== null) {
      const told = decoder.decode(line.name, line.data);
      if (!coverage && line.name === 'test-file-success')
        Object.assign(told as object, {coverage: null, v8Coverage: null});
      files[line.file]?.told.push({name: line.name, payload: [files[line.file]?.test, told]});
    }
  }
  return files.filter(({told}) => told.at(-1)?.name.startsWith('test-file-'));
}

async function measure(recording: string, coverage: boolean, maps: string): Promise<void> {
  const files = read(recording, coverage, maps);
  const tests = files.map(({test}) => test);
  const paths = new RepoPaths(ROOT);
  let [encodeMs, decodeMs] = [0, 0];
  let results: Buffer[] = [];
  let sources: [string, Buffer][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage();
    sources = [];
    const putSource = (line: SourceLine) => sources.push([line.id, encodeSource(line)]);
    const writer = new ResultWriter({paths, placeOf: test => tests.indexOf(test), putSource});
    results = files.map(({test, told}) => {
      for (const {name, payload} of told) writer.told(test, name, payload);
      return encodeResult({machine: 'm1', files: [writer.ended(test, {record: null, slot: 1, at: 0, ms: 1})]});
    });
    if (round > 0) encodeMs += cpuMs(start);
    const second = process.cpuUsage();
    await replay(tests, paths, maps, results, sources);
    if (round > 0) decodeMs += cpuMs(second);
  }
  print(`${basename(recording)}, ${coverage ? 'with' : 'without'} coverage`, {
    files: files.length,
    tests: files.reduce((sum, {told}) => sum + told.filter(({name}) => name === 'test-case-result').length, 0),
    results,
    sources,
    encodeMs: encodeMs / (ROUNDS - 1),
    decodeMs: decodeMs / (ROUNDS - 1),
  });
}

/** As a machine does it, with a Jest that spends no time on it. */
async function replay(
  tests: readonly Test[],
  paths: RepoPaths,
  maps: string,
  results: readonly Buffer[],
  sources: readonly [string, Buffer][],
): Promise<void> {
  const emitter = {on: () => () => undefined, emit: () => Promise.resolve()};
  const reports = new Reports({emitter, bail: 0, beforeBail: () => Promise.resolve(), onFailure: () => undefined});
  const toolsOf = () => ({mergeCoverage: () => ({}), mergeV8Coverage: () => [], slowTestThresholdS: 5});
  const live = new LiveReplay({tests, cuts: [], reports, paths, maps, toolsOf});
  for (const [id, bytes] of sources) live.addSource(decodeSource(bytes, id));
  for (const [place, bytes] of results.entries()) {
    const job: PlannedJob = {id: String(place), files: [place], part: null, expectedMs: null};
    await live.take(job, decodeResult(bytes, job));
  }
}

function cpuMs(start: NodeJS.CpuUsage): number {
  const {user, system} = process.cpuUsage(start);
  return (user + system) / 1000;
}

interface Figures {
  readonly files: number;
  readonly tests: number;
  readonly results: readonly Buffer[];
  readonly sources: readonly [string, Buffer][];
  /** For all results, in ms. */
  readonly encodeMs: number;
  readonly decodeMs: number;
}

function print(title: string, {files, tests, results, sources, encodeMs, decodeMs}: Figures): void {
  const total = (all: readonly Buffer[]) => all.reduce((sum, {length}) => sum + length, 0);
  const bytes = total(results);
  console.log(
    `${title} (${files} files, ${tests} tests): ${Math.round(bytes / files)} bytes per file, ` +
      `${Math.round((bytes / tests) * 1000)} per 1,000 tests, the largest ${Math.max(...results.map(({length}) => length))}; ` +
      `${sources.length} sources with ${total(sources.map(([, source]) => source))} bytes; CPU per file: ` +
      `encode ${(encodeMs / files).toFixed(2)} ms, decode and tell ${(decodeMs / files).toFixed(2)} ms`,
  );
}

void main(process.argv.slice(2));
