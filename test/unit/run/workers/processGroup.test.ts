import {fork, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {ProcessGroup, type WhyAlive} from '../../../../src/run/workers/processGroup';

/** A leader that starts a process, tells its number, and waits. `IGNORE`: that process heeds no SIGTERM. */
const LEADER = `
  const {spawn} = require('child_process');
  const heeds = process.env.IGNORE ? 'process.on("SIGTERM", () => {});' : '';
  const member = spawn(process.execPath, ['-e', heeds + 'console.log("up"); setInterval(() => {}, 1000)'], {stdio: ['ignore', 'pipe', 'ignore']});
  member.stdout.once('data', () => process.send(member.pid));
  process.on('message', code => process.exit(code));`;

const folder = mkdtempSync(join(tmpdir(), 'xdist-test-'));
const leaderPath = join(folder, 'leader.js');
writeFileSync(leaderPath, LEADER);
afterAll(() => rmSync(folder, {recursive: true}));

const unixOnly = process.platform === 'win32' ? describe.skip : describe;

unixOnly('the process group of a worker', () => {
  async function started(env: Record<string, string> = {}, whyAlive: () => WhyAlive = () => 'kept') {
    const group = new ProcessGroup(whyAlive);
    const leader = group.forkedBy(() => fork(leaderPath, {detached: true, env: {...process.env, ...env}}));
    const [member] = (await once(leader, 'message')) as [number];
    return {group, leader, member};
  }

  const ended = async (leader: ChildProcess) => (await once(leader, 'exit')) as [number | null, string | null];

  async function untilGone(pid: number): Promise<void> {
    while (lives(pid)) await new Promise(resolve => setTimeout(resolve, 10));
  }

  test('is killed with what it has started', async () => {
    const {group, leader, member} = await started();
    group.kill();
    expect(await ended(leader)).toEqual([null, 'SIGKILL']);
    await untilGone(member);
  });

  test('is told to end with what it has started', async () => {
    const {group, leader, member} = await started();
    group.terminate();
    expect(await ended(leader)).toEqual([null, 'SIGTERM']);
    await group.gone;
    await untilGone(member);
  });

  test('is gone when what did not heed has been killed', async () => {
    const {group, leader, member} = await started({IGNORE: 'yes'});
    group.terminate();
    await ended(leader);
    expect(lives(member)).toBe(true);
    await group.gone;
    await untilGone(member);
  });

  test('takes what it has started along when it dies', async () => {
    const {leader, member} = await started({IGNORE: 'yes'});
    leader.send(3);
    await ended(leader);
    await untilGone(member);
  });

  test('lets it live on when it has ended as told', async () => {
    const {group, leader, member} = await started();
    group.letEnd();
    leader.send(0);
    await ended(leader);
    await group.gone;
    expect(lives(member)).toBe(true);
    process.kill(member, 'SIGKILL');
  });

  test('that jest-worker ends is ended as a group', async () => {
    const {group, leader, member} = await started();
    group.letEnd();
    leader.kill('SIGTERM');
    expect(await ended(leader)).toEqual([null, 'SIGTERM']);
    await group.gone;
    await untilGone(member);
  });

  test.each<WhyAlive>(['exiting', 'silent'])('that is %s is spared if jest-worker ends it', async why => {
    const {group, leader, member} = await started({}, () => why);
    group.letEnd();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) leader.kill(signal);
    leader.send(0);
    expect(await ended(leader)).toEqual([0, null]);
    expect(group.wasSpared).toBe(true);
    process.kill(member, 'SIGKILL');
  });

  test('that says at last what keeps it is ended', async () => {
    let why: WhyAlive = 'silent';
    const {group, leader, member} = await started({}, () => why);
    group.letEnd();
    leader.kill('SIGTERM');
    why = 'kept';
    expect(await ended(leader)).toEqual([null, 'SIGTERM']);
    expect(group.wasSpared).toBe(false);
    await untilGone(member);
  });

  test('that stays silent is ended', async () => {
    const {group, leader} = await started({}, () => 'silent');
    group.letEnd();
    leader.kill('SIGTERM');
    expect(await ended(leader)).toEqual([null, 'SIGTERM']);
    expect(group.wasSpared).toBe(false);
  });

  test('that exits is killed by others than jest-worker', async () => {
    const {group, leader} = await started({}, () => 'exiting');
    group.letEnd();
    leader.kill('SIGTERM');
    group.kill();
    expect(await ended(leader)).toEqual([null, 'SIGKILL']);
    expect(group.wasSpared).toBe(false);
  });

  /** As jest-worker does. */
  const forkedAnewAfter = (leader: ChildProcess) =>
    new Promise<ChildProcess>(resolve => {
      leader.once('exit', () => resolve(fork(leaderPath, {detached: true})));
    });

  test('that is forked anew as it exits is the one that is killed then', async () => {
    const {group, leader} = await started();
    const again = forkedAnewAfter(leader);
    leader.send(1);
    const second = await again;
    group.kill();
    expect(await ended(second)).toEqual([null, 'SIGKILL']);
  });

  test('that is forked anew as it exits is killed if it was to end by itself', async () => {
    const {group, leader, member} = await started();
    const again = forkedAnewAfter(leader);
    group.letEnd();
    leader.send(1);
    expect(await ended(await again)).toEqual([null, 'SIGKILL']);
    expect(lives(member)).toBe(true);
    process.kill(member, 'SIGKILL');
  });
});

/** One that has ended and that nobody has asked about yet still has its number. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync(`/proc/${pid}`) || !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
