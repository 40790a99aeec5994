import {readCgroupLimits} from '../../../../src/run/machine/cgroups';

type Tree = Readonly<Record<string, string>>;

const limitsIn = (files: Tree) => {
  const {cpu, memory} = readCgroupLimits(path => files[path] ?? null);
  return {
    cpu: cpu.map(quota => [quota.cores, quota.usedMs()]),
    memory: memory.map(limit => [limit.bytes, limit.usedBytes()]),
  };
};

const NONE = {cpu: [], memory: []};

test('where there are no control groups nothing is limited', () => {
  expect(limitsIn({})).toEqual(NONE);
});

describe('version 2', () => {
  const own = {'/proc/self/cgroup': '0::/\n'};

  test("a container's own limits", () => {
    expect(
      limitsIn({
        ...own,
        '/sys/fs/cgroup/cpu.max': '150000 100000\n',
        '/sys/fs/cgroup/cpu.stat': 'usage_usec 2500000\nuser_usec 1\n',
        '/sys/fs/cgroup/memory.max': '1000000\n',
        '/sys/fs/cgroup/memory.current': '700000\n',
        '/sys/fs/cgroup/memory.stat': 'anon 1\ninactive_file 300000\n',
      }),
    ).toEqual({cpu: [[1.5, 2500]], memory: [[1_000_000, 400_000]]});
  });

  test('none where it says so', () => {
    const none = {'/sys/fs/cgroup/cpu.max': 'max 100000\n', '/sys/fs/cgroup/memory.max': 'max\n'};
    expect(limitsIn({...own, ...none})).toEqual(NONE);
  });

  test('those of the groups around it hold, too', () => {
    expect(
      limitsIn({
        '/proc/self/cgroup': '0::/ci.slice/job\n',
        '/sys/fs/cgroup/ci.slice/cpu.max': '400000 100000\n',
        '/sys/fs/cgroup/ci.slice/job/memory.max': '5000\n',
      }),
    ).toEqual({cpu: [[4, null]], memory: [[5000, null]]});
  });
});

test('version 1', () => {
  expect(
    limitsIn({
      '/proc/self/cgroup': '4:memory:/docker/x\n2:cpu,cpuacct:/docker/x\n1:name=systemd:/\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '200000\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/cpuacct/cpuacct.usage': '3000000000\n',
      '/sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes': '9000\n',
      '/sys/fs/cgroup/memory/docker/x/memory.usage_in_bytes': '8000\n',
      '/sys/fs/cgroup/memory/docker/x/memory.stat': 'inactive_file 1\ntotal_inactive_file 3000\n',
    }),
  ).toEqual({cpu: [[2, 3000]], memory: [[9000, 5000]]});
  const none = {'/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n'};
  expect(limitsIn({'/proc/self/cgroup': '2:cpu:/\n', ...none})).toEqual(NONE);
});
