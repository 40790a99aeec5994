/**
 * Measures how idle the cores are and how much memory is available, within what this process may use. Node reports only
 * the whole machine, but a process may be limited to some cores, and a container to a quota.
 */
import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {availableParallelism, cpus, freemem, totalmem} from 'node:os';
import type {LoadSample} from '../../core/schedule';
import {readCgroupLimits, type CgroupLimits, type ReadText} from './cgroups';

/** The readings that this file takes from the system. */
export interface SystemReadings {
  readonly platform: NodeJS.Platform;
  /** Monotonic, in ms. */
  readonly now: () => number;
  readonly readText: ReadText;
  /** The idle time of each core of the machine so far, in ms. */
  readonly idleMs: () => readonly number[];
  readonly parallelism: () => number;
  readonly totalBytes: () => number;
  readonly availableBytes: () => number;
  /** Passes the output of the command `vm_stat`; null: the command failed. */
  readonly vmStat: (heard: (text: string | null) => void) => void;
}

/** The unit of times in /proc/stat: always a hundredth of a second, whatever tick the kernel uses. */
const TICK_MS = 10;

/** The share of all memory that is reserved for other programs. */
const RESERVE_SHARE = 0.1;

/** The maximum age (ms) of a reading of `vm_stat`. */
const VM_STAT_EVERY_MS = 2000;

export class MachineLoad {
  readonly #system: SystemReadings;
  readonly #limits: CgroupLimits;
  /** The numbers of the cores that this process may run on; null: all cores. */
  readonly #mayUse: ReadonlySet<number> | null;
  /** The number of cores that the run may use. With a container's quota, it may be a fraction. */
  readonly cores: number;
  /** The memory that is reserved for other programs, in bytes. */
  readonly reserveBytes: number;
  #lastAt: number;
  #lastIdleMs: readonly number[];
  #lastUsedMs: readonly (number | null)[];
  #vmStatAt = -Infinity;
  #vmStatBytes: number | null = null;

  constructor(system: SystemReadings) {
    this.#system = system;
    const linux = system.platform === 'linux';
    this.#limits = linux ? readCgroupLimits(system.readText) : {cpu: [], memory: []};
    this.#mayUse = linux ? allowedCores(system.readText('/proc/self/status')) : null;
    this.cores = Math.min(system.parallelism(), ...this.#limits.cpu.map(({cores}) => cores));
    this.reserveBytes = RESERVE_SHARE * Math.min(system.totalBytes(), ...this.#limits.memory.map(({bytes}) => bytes));
    this.#lastAt = system.now();
    this.#lastIdleMs = this.#readIdle();
    this.#lastUsedMs = this.#readUsed();
    this.#available();
  }

  static ofThisMachine(): MachineLoad {
    return new MachineLoad({
      platform: process.platform,
      now: () => performance.now(),
      readText: path => {
        try {
          return readFileSync(path, 'latin1');
        } catch {
          return null;
        }
      },
      idleMs: () => cpus().map(({times}) => times.idle),
      parallelism: availableParallelism,
      totalBytes: totalmem,
      // Since 20.13 and 22, Node reports available memory, which is more than free memory.
      availableBytes: () => (process as {availableMemory?: () => number}).availableMemory?.() ?? freemem(),
      vmStat: heard => {
        const child = execFile('vm_stat', {timeout: VM_STAT_EVERY_MS}, (error, text) =>
          heard(error === null ? text : null),
        );
        child.unref();
      },
    });
  }

  /** How idle the cores were since the last call, and how much memory is available now. */
  sample(): Omit<LoadSample, 'workerBytes'> {
    const at = this.#system.now();
    const idle = this.#readIdle();
    const used = this.#readUsed();
    const ms = Math.max(1, at - this.#lastAt);
    const ofAll = idle.reduce((sum, one, core) => sum + Math.max(0, one - (this.#lastIdleMs[core] ?? one)), 0) / ms;
    const ofQuotas = this.#limits.cpu.map(({cores}, index) => {
      const [before, now] = [this.#lastUsedMs[index] ?? null, used[index] ?? null];
      return before === null || now === null ? Infinity : cores - (now - before) / ms;
    });
    this.#lastAt = at;
    this.#lastIdleMs = idle;
    this.#lastUsedMs = used;
    const idleCores = Math.max(0, Math.min(this.cores, ofAll, ...ofQuotas));
    return {idleCores, ms, availableBytes: this.#available()};
  }

  #readIdle(): readonly number[] {
    const {platform, readText, idleMs} = this.#system;
    const read = platform === 'linux' ? idleIn(readText('/proc/stat'), this.#mayUse) : [];
    return read.length > 0 ? read : idleMs();
  }

  #readUsed(): (number | null)[] {
    return this.#limits.cpu.map(quota => quota.usedMs());
  }

  #available(): number | null {
    const {platform, availableBytes, now} = this.#system;
    if (platform === 'darwin') {
      // Node reports far too little available memory here: it does not count pages that the system can reclaim at once.
      // https://github.com/libuv/libuv/issues/3897
      if (now() - this.#vmStatAt >= VM_STAT_EVERY_MS) {
        this.#vmStatAt = now();
        this.#system.vmStat(text => (this.#vmStatBytes = text === null ? null : availableIn(text)));
      }
      return this.#vmStatBytes;
    }
    const left = this.#limits.memory.map(limit => {
      const used = limit.usedBytes();
      return used === null ? Infinity : Math.max(0, limit.bytes - used);
    });
    return Math.min(availableBytes(), ...left);
  }
}

/** `Cpus_allowed_list: 0-3,8` -> 0, 1, 2, 3, 8; null: the status has no such line. */
function allowedCores(status: string | null): ReadonlySet<number> | null {
  const [, list] = /^Cpus_allowed_list:\s*([\d,-]+)$/m.exec(status ?? '') ?? [];
  if (list === undefined) return null;
  const cores = new Set<number>();
  for (const range of list.split(',')) {
    const [first = NaN, last = first] = range.split('-').map(Number);
    for (let core = first; core <= last; core++) cores.add(core);
  }
  return cores;
}

/** The idle time (ms) of each of these cores, from /proc/stat. A core that waits for a disk counts as idle. */
function idleIn(stat: string | null, mayUse: ReadonlySet<number> | null): number[] {
  const idle: number[] = [];
  for (const [, core, times = ''] of (stat ?? '').matchAll(/^cpu(\d+) (.*)$/gm)) {
    if (mayUse !== null && !mayUse.has(Number(core))) continue;
    const [, , , idleTicks = 0, waitTicks = 0] = times.trim().split(' ').map(Number);
    idle.push((idleTicks + waitTicks) * TICK_MS);
  }
  return idle;
}

/** The memory that the system can provide at once, in bytes, from `vm_stat`; null: the output is unknown. */
function availableIn(vmStat: string): number | null {
  const page = Number(/page size of (\d+) bytes/.exec(vmStat)?.[1]);
  const pages = ['free', 'inactive', 'speculative', 'purgeable'].map(kind =>
    Number(new RegExp(`^Pages ${kind}:\\s+(\\d+)`, 'm').exec(vmStat)?.[1]),
  );
  const bytes = page * pages.reduce((sum, count) => sum + count, 0);
  return Number.isNaN(bytes) ? null : bytes;
}
