/** Reads the memory of a process and all its descendants from /proc. */
import {readFileSync, readdirSync} from 'node:fs';

const EVERY_MS = 50;

export interface FollowedMemory {
  readonly stop: () => void;
  /** null: there is no /proc. */
  readonly peakMb: () => number | null;
}

/** Samples the memory of the process tree until stopped. */
export function followMemory(pid: number): FollowedMemory {
  let peakKb = 0;
  const look = () => {
    peakKb = Math.max(peakKb, treeKb(pid));
  };
  const timer = setInterval(look, EVERY_MS);
  return {stop: () => clearInterval(timer), peakMb: () => (peakKb === 0 ? null : peakKb / 1024)};
}

function treeKb(pid: number): number {
  try {
    const below = readdirSync(`/proc/${pid}/task`).flatMap(thread =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(' ').filter(Boolean),
    );
    return processKb(pid) + below.reduce((sum, child) => sum + treeKb(Number(child)), 0);
  } catch {
    return 0; // the process has ended, or there is no /proc
  }
}

/** The process's memory, in kB. Pages that it shares with other processes, such as Node's own code, count in part. */
function processKb(pid: number): number {
  const [, kb] = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
  return Number(kb ?? 0);
}
