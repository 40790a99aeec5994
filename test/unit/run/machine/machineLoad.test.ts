import {MachineLoad, type SystemReadings} from '../../../../src/run/machine/machineLoad';

const GB = 1e9;

/** A machine of 4 cores, of each of which is known how long (ms) it was idle; files of the system by path. */
class FakeMachine {
  at = 0;
  idle = [0, 0, 0, 0];
  files: Record<string, string> = {};
  available = 5 * GB;
  vmStats: ((text: string | null) => void)[] = [];

  load(platform: NodeJS.Platform = 'linux'): MachineLoad {
    const readings: SystemReadings = {
      platform,
      now: () => this.at,
      readText: path => this.files[path] ?? null,
      idleMs: () => [...this.idle],
      parallelism: () => 4,
      totalBytes: () => 8 * GB,
      availableBytes: () => this.available,
      vmStat: heard => void this.vmStats.push(heard),
    };
    return new MachineLoad(readings);
  }

  /** @param idle of each core, in ms */
  pass(ms: number, ...idle: number[]): void {
    this.at += ms;
    this.idle = this.idle.map((before, core) => before + (idle[core] ?? 0));
    this.files['/proc/stat'] = [
      'cpu  1 2 3 4',
      ...this.idle.map((one, core) => `cpu${core} 7 7 7 ${one / 10} 0 7`),
    ].join('\n');
  }
}

test.each(['linux', 'darwin', 'win32'] as const)('what was idle since the last look: %s', platform => {
  const machine = new FakeMachine();
  machine.pass(50, 0, 0, 0, 0);
  const load = machine.load(platform);
  expect(load.cores).toBe(4);
  machine.pass(100, 100, 50, 0, 30);
  expect(load.sample()).toMatchObject({idleCores: 1.8, ms: 100});
  machine.pass(200, 0, 0, 0, 0);
  expect(load.sample()).toMatchObject({idleCores: 0, ms: 200});
  machine.pass(100, 900, 900, 0, 0);
  expect(load.sample()).toMatchObject({idleCores: 4});
});

test('a core that waits for a disk is idle', () => {
  const machine = new FakeMachine();
  machine.files['/proc/stat'] = 'cpu0 0 0 0 10 10 0';
  const load = machine.load();
  machine.at = 100;
  machine.files['/proc/stat'] = 'cpu0 0 0 0 12 15 0';
  expect(load.sample().idleCores).toBeCloseTo(0.7);
});

test('where /proc cannot be read, what Node says', () => {
  const machine = new FakeMachine();
  const load = machine.load();
  machine.at = 100;
  machine.idle = [100, 0, 0, 0];
  expect(load.sample().idleCores).toBe(1);
});

test('only the cores that this process may run on count', () => {
  const machine = new FakeMachine();
  machine.files['/proc/self/status'] = 'Name:\tnode\nCpus_allowed_list:\t0,2-3\n';
  machine.pass(50);
  const load = machine.load();
  machine.pass(100, 10, 100, 20, 30);
  expect(load.sample().idleCores).toBeCloseTo(0.6);
});

describe('a quota', () => {
  const machine = () => {
    const made = new FakeMachine();
    made.files = {
      '/proc/self/cgroup': '0::/',
      '/sys/fs/cgroup/cpu.max': '150000 100000',
      '/sys/fs/cgroup/cpu.stat': 'usage_usec 0',
      '/sys/fs/cgroup/memory.max': String(2 * GB),
      '/sys/fs/cgroup/memory.current': String(GB),
    };
    made.pass(50);
    return made;
  };

  test('is what the cores are, and what is not used of it is idle', () => {
    const made = machine();
    const load = made.load();
    expect(load.cores).toBe(1.5);
    made.pass(100, 100, 100, 100, 0);
    made.files['/sys/fs/cgroup/cpu.stat'] = 'usage_usec 100000';
    expect(load.sample().idleCores).toBeCloseTo(0.5);
  });

  test('is of no use where the machine is busy', () => {
    const made = machine();
    const load = made.load();
    made.pass(100, 20, 0, 0, 0);
    expect(load.sample().idleCores).toBeCloseTo(0.2);
  });

  test('so it is with memory: what is left of it can be had, and a tenth of it is left to others', () => {
    const made = machine();
    const load = made.load();
    expect([load.sample().availableBytes, load.reserveBytes]).toEqual([GB, 0.2 * GB]);
    made.available = 0.5 * GB;
    expect(load.sample().availableBytes).toBe(0.5 * GB);
  });
});

test('memory is what the system says', () => {
  const load = new FakeMachine().load('win32');
  expect([load.sample().availableBytes, load.reserveBytes]).toEqual([5 * GB, 0.8 * GB]);
});

describe('on macOS, memory', () => {
  const VM_STAT = `Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                               10000.
Pages active:                            900000.
Pages inactive:                           20000.
Pages speculative:                         3000.
Pages throttled:                              0.
Pages purgeable:                            400.`;

  test('is what vm_stat says, asked now and then', () => {
    const machine = new FakeMachine();
    const load = machine.load('darwin');
    expect(load.sample().availableBytes).toBeNull();
    machine.vmStats[0]?.(VM_STAT);
    expect(load.sample().availableBytes).toBe(33_400 * 16_384);
    machine.at = 1999;
    load.sample();
    expect(machine.vmStats).toHaveLength(1);
    machine.at = 2000;
    load.sample();
    expect(machine.vmStats).toHaveLength(2);
  });

  test.each([[null], ['something else']])('is unknown where that says %p', text => {
    const machine = new FakeMachine();
    const load = machine.load('darwin');
    machine.vmStats[0]?.(text);
    expect(load.sample().availableBytes).toBeNull();
  });
});

test('this machine can be measured', async () => {
  const load = MachineLoad.ofThisMachine();
  await new Promise(resolve => setTimeout(resolve, 30));
  const {idleCores, ms, availableBytes} = load.sample();
  expect(load.cores).toBeGreaterThan(0);
  expect(idleCores).toBeGreaterThanOrEqual(0);
  expect(idleCores).toBeLessThanOrEqual(load.cores);
  expect(ms).toBeGreaterThan(20);
  if (process.platform !== 'darwin') expect(availableBytes).toBeGreaterThan(1e6);
});
