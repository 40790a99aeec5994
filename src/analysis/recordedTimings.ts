/** What recordings say of durations: the records that their runs would have left in the timings file. */
import {
  correctedMs,
  measuredBy,
  mergeTimings,
  recordAfter,
  spentMs,
  testDurations,
  type FileRecord,
  type Timings,
} from '../core/plan/durations';
import {withRun, type CostsOfRun} from '../core/plan/runCosts';
import {combineCut, type CutRecord} from '../core/shards/cutRecords';
import type {CutLine, FileLine, RecordingLine, RunLine, ShareLine} from '../recording/lines';
import {planOf, recordedSteps} from './scheduleReplay';
import {slotTimeline} from './slotTimeline';
import {fileTimes} from './summary';

/** A recording, of which each file has a key in the timings. */
export interface KeyedRecording {
  readonly run: RunLine;
  readonly lines: readonly RecordingLine[];
  /** null: the recording does not know the file. */
  readonly keyOf: (share: ShareLine) => string | null;
}

/** A file's record, of a whole file or of a shard's part. */
interface RecordedFile {
  readonly key: string;
  readonly record: FileRecord;
  /** null: the file ran whole. */
  readonly cut: CutLine | null;
}

/**
 * The timings after the recorded runs, the oldest first.
 *
 * @param past the timings before them
 * @param now in ms since the epoch
 */
export function timingsAfter(past: Timings, recordings: readonly KeyedRecording[], now: number): Timings {
  let timings = past;
  for (const shards of runsOf(recordings)) {
    const files = new Map<string, FileRecord>();
    for (const {key, file} of recordsOf(shards)) {
      const known = timings.files.get(key) ?? null;
      // A recording that is older than the record says nothing new.
      if (known === null || known.at < file.at) files.set(key, recordAfter(known, file));
    }
    timings = mergeTimings([timings, {files, costs: costsAfter(timings, shards)}], now);
  }
  return timings;
}

/** The recordings of each run: those of the shards of one run are together. The oldest run comes first. */
function runsOf(recordings: readonly KeyedRecording[]): KeyedRecording[][] {
  const runs: KeyedRecording[][] = [];
  const open = new Map<string, {readonly run: KeyedRecording[]; readonly shards: Set<number>}>();
  const sorted = [...recordings].sort((a, b) => a.run.startedAt - b.run.startedAt);
  for (const recording of sorted) {
    const shard = recording.lines.find(line => line.type === 'shard');
    const known = shard === undefined ? undefined : open.get(shard.planHash);
    if (shard !== undefined && known?.shards.has(shard.index) === false) {
      known.run.push(recording);
      known.shards.add(shard.index);
      continue;
    }
    // Later runs may have the same plan: a shard that the run has already begins another one.
    const run = [recording];
    runs.push(run);
    if (shard !== undefined) open.set(shard.planHash, {run, shards: new Set([shard.index])});
  }
  return runs;
}

function recordsOf(shards: readonly KeyedRecording[]): {readonly key: string; readonly file: FileRecord}[] {
  const records: {readonly key: string; readonly file: FileRecord}[] = [];
  const parts = new Map<string, CutRecord[]>();
  for (const {key, record, cut} of shards.flatMap(filesOf)) {
    if (cut === null) records.push({key, file: record});
    else parts.set(key, [...(parts.get(key) ?? []), {record, names: cut.names, own: cut.own}]);
  }
  for (const [key, ofFile] of parts) {
    const file = combineCut(ofFile);
    if (file !== null) records.push({key, file});
  }
  return records;
}

function filesOf(recording: KeyedRecording): RecordedFile[] {
  const {lines, keyOf} = recording;
  const shares = new Map<string, ShareLine[]>();
  const inParts = cutOverMachines(lines);
  for (const line of lines) {
    const key = line.type === 'share' && !inParts.has(line.file) ? keyOf(line) : null;
    if (line.type !== 'share' || key === null) continue;
    const known = shares.get(key);
    if (known === undefined) shares.set(key, [line]);
    else known.push(line);
  }
  const ended = new Map(lines.flatMap(line => (line.type === 'file' ? [[line.file, line] as const] : [])));
  const cuts = new Map(lines.flatMap(line => (line.type === 'cut' ? [[line.file, line] as const] : [])));
  const shard = lines.find(line => line.type === 'shard');
  const times = fileTimes(
    lines,
    slotTimeline(lines, () => false),
  );
  return [...shares].flatMap(([key, ofFile]) => {
    const [first] = ofFile;
    const end = first === undefined ? undefined : ended.get(first.file);
    if (first === undefined || end === undefined) return [];
    const seenMs = first.node === null ? (times.get(first.file) ?? null) : null;
    const record = recordOf(recording.run, ofFile, end, seenMs);
    const cut = cuts.get(first.file) ?? null;
    return [{key, record: {...record, ...(shard && cut === null && {shard: [shard.index, shard.count]})}, cut}];
  });
}

/** The files of which a machine of a fleet has parts only: a fleet remembers them itself. */
function cutOverMachines(lines: readonly RecordingLine[]): Set<number> {
  const plan = planOf(lines);
  if (plan === null || !plan.plan.arriving) return new Set();
  const known = new Set<string>();
  return new Set(
    plan.files.filter((file, unit) => {
      const key = `${plan.plan.units[unit]?.node} ${file}`;
      const isSecond = known.has(key);
      known.add(key);
      return isSecond;
    }),
  );
}

/** @param seenMs what the scheduler saw (ms), if a worker could not measure; null: unknown */
function recordOf(
  {startedAt, machine}: RunLine,
  shares: readonly ShareLine[],
  {at, status, error}: FileLine,
  seenMs: number | null,
): FileRecord {
  const profiles = shares.flatMap(({profile}) => profile ?? []);
  // A file that failed to run has a duration that says nothing.
  const ms = error !== null ? null : profiles.length === shares.length ? spentMs(profiles) : seenMs;
  const tests = shares.flatMap(share =>
    share.tests.map(test => ({fullName: test.titles.join(' '), duration: test.ms})),
  );
  const {platform, arch, cores, cpu} = machine;
  const measured = measuredBy(profiles, `${platform} ${arch}, ${cores} x ${cpu}`);
  return {
    at: Math.round(startedAt + at),
    ms: ms === null ? null : Math.round(ms),
    ...testDurations(tests),
    end: status === 'failed' ? 'failed' : 'passed',
    ...(measured && {measured}),
    ...(ms !== null && {recent: [correctedMs(ms, profiles)]}),
  };
}

/** The costs after a run; of a run in shards, those of its shards one after the other. */
function costsAfter({costs}: Timings, shards: readonly KeyedRecording[]): Timings['costs'] {
  let after = costs;
  for (const {run, lines} of shards) {
    const own = costsOf(run, lines);
    if (own.startMs === null || (costs !== null && costs.at >= run.startedAt)) continue;
    after = withRun(after, own, Math.round(run.startedAt));
  }
  return after;
}

function costsOf({beforeMs, jest}: RunLine, lines: readonly RecordingLine[]): CostsOfRun {
  let begin: number | null = null;
  const slots = new Set<number>();
  const fixtures = new Map<string, number>();
  const ordered = new Map<number, number>();
  const plan = planOf(lines);
  for (const {at, event, commands} of recordedSteps(lines)) {
    if (event.type === 'unit-started') begin ??= at;
    if (event.type === 'fixture-up' && event.slot === null) {
      const title = plan?.fixtures?.[event.fixture];
      if (title !== undefined) fixtures.set(title, at - (ordered.get(event.fixture) ?? at));
    }
    for (const command of commands) {
      if (command.type === 'start-slot') slots.add(command.slot);
      else if (command.type === 'set-up-fixture' && command.slot === null) ordered.set(command.fixture, at);
    }
  }
  // In band, the first share ends with the first file.
  const first = lines.find(line => line.type === 'share');
  if (plan === null && first?.profile != null) begin = Math.max(0, first.at - first.profile.ms);
  const startMs = begin === null || jest.watch ? null : beforeMs + begin;
  return {startMs, workers: Math.max(1, slots.size), fixtures};
}
