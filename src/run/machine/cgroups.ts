/**
 * Reads the CPU and memory limits of a Linux container or service. The machine's own figures do not show these limits.
 * Any control group around this process may set them. Supports both versions of control groups.
 * https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
import {dirname, join} from 'node:path';

/** Reads a file of the system; null: the file does not exist, or we may not read it. */
export type ReadText = (path: string) => string | null;

/** How many cores a group may use. */
export interface CpuQuota {
  readonly cores: number;
  /** The CPU time of its processes so far, in ms; null: unknown. */
  usedMs(): number | null;
}

/** How much memory a group may use. */
export interface MemoryLimit {
  readonly bytes: number;
  /** The memory in use, without cached file pages that the kernel can drop at any time; null: unknown. */
  usedBytes(): number | null;
}

export interface CgroupLimits {
  readonly cpu: readonly CpuQuota[];
  readonly memory: readonly MemoryLimit[];
}

const MOUNT = '/sys/fs/cgroup';

export function readCgroupLimits(read: ReadText): CgroupLimits {
  const lines = (read('/proc/self/cgroup') ?? '').split('\n').flatMap(line => {
    const [, kinds, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return kinds === undefined || path === undefined ? [] : [{kinds, path}];
  });
  const cpu: CpuQuota[] = [];
  const memory: MemoryLimit[] = [];
  for (const {kinds, path} of lines) {
    if (kinds === '') {
      for (const mount of [MOUNT, join(MOUNT, 'unified')]) {
        for (const folder of foldersTo(mount, path)) {
          cpu.push(...quotaOf(folder, read));
          memory.push(...limitOf(folder, read));
        }
      }
    }
    const all = kinds.split(',');
    // If two controllers share a hierarchy, the line contains both names.
    if (all.includes('cpu'))
      for (const folder of foldersTo(join(MOUNT, 'cpu'), path)) cpu.push(...oldQuotaOf(folder, read));
    if (all.includes('memory')) {
      for (const folder of foldersTo(join(MOUNT, 'memory'), path)) memory.push(...oldLimitOf(folder, read));
    }
  }
  return {cpu, memory};
}

/** The folders of the groups around a process. In a container, the process's own group may be mounted as the root. */
function foldersTo(mount: string, path: string): string[] {
  const folders = [mount];
  for (let at = join(mount, path).replace(/\/$/, ''); at.length > mount.length; at = dirname(at)) folders.push(at);
  return folders;
}

function quotaOf(folder: string, read: ReadText): CpuQuota[] {
  const [quota, period] = (read(join(folder, 'cpu.max')) ?? '').trim().split(' ').map(Number);
  const usedMs = () => {
    const microseconds = fieldOf(read(join(folder, 'cpu.stat')), 'usage_usec');
    return microseconds === null ? null : microseconds / 1000;
  };
  return isAmount(quota) && isAmount(period) ? [{cores: quota / period, usedMs}] : [];
}

function oldQuotaOf(folder: string, read: ReadText): CpuQuota[] {
  const quota = numberIn(read(join(folder, 'cpu.cfs_quota_us')));
  const period = numberIn(read(join(folder, 'cpu.cfs_period_us')));
  const usedMs = () => {
    const nanoseconds = numberIn(
      read(join(folder.replace(join(MOUNT, 'cpu'), join(MOUNT, 'cpuacct')), 'cpuacct.usage')),
    );
    return nanoseconds === null ? null : nanoseconds / 1e6;
  };
  return isAmount(quota) && isAmount(period) ? [{cores: quota / period, usedMs}] : [];
}

function limitOf(folder: string, read: ReadText): MemoryLimit[] {
  const bytes = numberIn(read(join(folder, 'memory.max')));
  const usedBytes = () => used(folder, 'memory.current', 'inactive_file', read);
  return isAmount(bytes) ? [{bytes, usedBytes}] : [];
}

function oldLimitOf(folder: string, read: ReadText): MemoryLimit[] {
  const bytes = numberIn(read(join(folder, 'memory.limit_in_bytes')));
  const usedBytes = () => used(folder, 'memory.usage_in_bytes', 'total_inactive_file', read);
  return isAmount(bytes) ? [{bytes, usedBytes}] : [];
}

function used(folder: string, current: string, inactive: string, read: ReadText): number | null {
  const bytes = numberIn(read(join(folder, current)));
  return bytes === null ? null : Math.max(0, bytes - (fieldOf(read(join(folder, 'memory.stat')), inactive) ?? 0));
}

function isAmount(value: number | null | undefined): value is number {
  return value != null && Number.isFinite(value) && value > 0;
}

/** @returns null if the text is no number, such as `max` */
function numberIn(text: string | null): number | null {
  const value = Number.parseInt(text ?? '', 10);
  return Number.isNaN(value) ? null : value;
}

/** Reads a field from lines like `name 12`. */
function fieldOf(text: string | null, name: string): number | null {
  const line = (text ?? '').split('\n').find(one => one.startsWith(`${name} `));
  return line === undefined ? null : numberIn(line.slice(name.length));
}
