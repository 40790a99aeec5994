/** At the end of a long run: at most two lines about what would have made it much shorter. */
import {readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Advice} from '../analysis/advice';
import {describeTimeSpan} from '../core/texts/timeSpan';

/** A run below this (ms) is short enough. */
const LEAST_RUN_MS = 30_000;

/** A saving is worth a line from this on: in ms, and as a share of the run. */
const LEAST_SAVING = {ms: 5000, share: 0.1};

/** Finding out takes at most about this long (ms). Beyond that, nothing is said. */
const MOST_MS = 50;

/** A recording of more bytes takes longer to read than that. */
const MOST_BYTES = 64 * 1024;

const DAY_MS = 24 * 60 * 60 * 1000;

/** Beside the project's recordings: when each advice was given, in ms since the epoch. */
const GIVEN_FILE = 'advice.json';

export interface EndAdviceOptions {
  /** The run's recording, which has ended; null: there is none. */
  readonly recording: string | null;
  /** The folder of the project's recordings. */
  readonly folder: string;
  /** How long the run took. */
  readonly ms: number;
  readonly warn: (text: string) => void;
  readonly now?: number;
  /** How long (ms) finding out may take. */
  readonly mostMs?: number;
}

export function adviseAtEnd(options: EndAdviceOptions): void {
  const {recording, folder, ms, warn, now = Date.now(), mostMs = MOST_MS} = options;
  if (recording === null || ms < LEAST_RUN_MS) return;
  try {
    if (statSync(recording).size > MOST_BYTES) return;
    const found = findAdvice(recording, mostMs);
    if (found === null) return;
    const path = join(folder, GIVEN_FILE);
    const given = readGiven(path, now);
    if (given[found.key] !== undefined) return;
    writeFileSync(path, JSON.stringify({...given, [found.key]: now}));
    warn(found.text);
  } catch {
    // Advice is worth no error.
  }
}

interface Found {
  /** The same for the same advice, whatever its numbers. */
  readonly key: string;
  readonly text: string;
}

function findAdvice(recording: string, mostMs: number): Found | null {
  const until = performance.now() + mostMs;
  const {readRecording} = require('../recording') as typeof import('../recording');
  const {adviceOn} = require('../analysis/advice') as typeof import('../analysis/advice');
  const {run, lines} = readRecording(recording);
  const advice = adviceOn(run, lines, {brief: true, mayGoOn: () => performance.now() < until});
  const files = lines.flatMap(line => (line.type === 'files' ? line.files : []));
  return bestOf(advice, file => files[file]?.path ?? '');
}

/** @returns null: nothing saves enough, or too little is known */
export function bestOf({recorded, workers, splits, cautions}: Advice, pathOf: (file: number) => string): Found | null {
  if (recorded === null || cautions.length > 0) return null;
  const now = workers.find(({workers: count}) => count === recorded.workers);
  if (now === undefined) return null;
  const isWorth = (saving: number) => saving >= Math.max(LEAST_SAVING.ms, LEAST_SAVING.share * now.ms);
  const [split] = splits;
  const more = workers.find(({workers: count}) => count > recorded.workers);
  // Even the worst that it may be must be better.
  const bySplit = split === undefined ? 0 : split.least;
  const byMore = more === undefined ? 0 : now.ms - more.to;
  const see = 'npx jest-runner-xdist advise';
  if (split !== undefined && bySplit >= byMore && isWorth(bySplit)) {
    const path = pathOf(split.file);
    const saving = describeTimeSpan(bySplit);
    return {key: `split ${path}`, text: `@can-split in ${path} would save about ${saving} of this run.\nMore: ${see}`};
  }
  if (more !== undefined && isWorth(byMore)) {
    const takes = `about ${describeTimeSpan(more.ms)}, not ${describeTimeSpan(now.ms)}`;
    return {
      key: `workers ${more.workers}`,
      text: `with -w ${more.workers}, this run would take ${takes}.\nMore: ${see}`,
    };
  }
  return null;
}

/** Without what is older than a day. */
function readGiven(path: string, now: number): Record<string, number> {
  try {
    const all = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    const recent = Object.entries(all).filter(([, at]) => typeof at === 'number' && now - at < DAY_MS && at <= now);
    return Object.fromEntries(recent) as Record<string, number>;
  } catch {
    return {};
  }
}
