import {EventEmitter} from 'node:events';
import fs, {existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import {dirname, join} from 'node:path';
import {SocketFolder} from '../../../../src/run/workers/socketFolder';
import {temporaryFolder} from '../temporaryFolder';

/** Where the temporary folders are made; not the system's, which is swept, too. */
function tempIs(folder: string): string {
  jest.spyOn(os, 'tmpdir').mockReturnValue(folder);
  return folder;
}

const {platform} = process;
const platformIs = (value: string) => Object.defineProperty(process, 'platform', {value});

afterEach(() => {
  platformIs(platform);
  jest.restoreAllMocks();
});

describe('the folder is made', () => {
  test('among the temporary ones', () => {
    const temp = tempIs(temporaryFolder());
    const folder = new SocketFolder('');
    expect(dirname(folder.path)).toBe(temp);
    folder.remove();
    expect(readdirSync(temp)).toEqual([]);
  });

  test.each([
    ['is not there', (folder: string) => join(folder, 'nowhere')],
    ['is a file', (folder: string) => join(folder, 'file')],
    ['has too long a path', (folder: string) => join(folder, 'x'.repeat(100))],
  ])('in /tmp, where the temporary one %s', (_what, tempIn) => {
    const temp = tempIs(tempIn(temporaryFolder({file: ''})));
    if (temp.length > 100) mkdirSync(temp);
    const folder = new SocketFolder('');
    expect(dirname(folder.path)).toBe('/tmp');
    folder.remove();
  });

  /** Windows has no /tmp. */
  const withoutTmp = () => platformIs('win32');

  test('in the spare one, where none of these can be used', () => {
    const spare = join(temporaryFolder(), 'cache');
    withoutTmp();
    tempIs('/nowhere');
    const folder = new SocketFolder(spare);
    expect(dirname(folder.path)).toBe(spare);
    folder.remove();
  });

  test('nowhere: it is said which were tried, and what to do', () => {
    const spare = join(temporaryFolder({file: ''}), 'file');
    withoutTmp();
    tempIs('/nowhere');
    expect(() => new SocketFolder(spare)).toThrow(/Set TMPDIR[^]*\n {2}\/nowhere: ENOENT[^]*\n {2}.*\/file: E/);
  });
});

test('where it cannot be removed, the run ends all the same', () => {
  tempIs(temporaryFolder());
  const folder = new SocketFolder('');
  const remove = jest.spyOn(fs, 'rmSync').mockImplementation(() => {
    throw new Error('EROFS: read-only file system, rm');
  });
  folder.remove();
  expect(remove).toHaveBeenCalledTimes(1);
  expect(existsSync(folder.path)).toBe(true);
});

test('it is whole as long as its socket is there', async () => {
  tempIs(temporaryFolder());
  const folder = new SocketFolder('');
  expect(folder.isWhole).toBe(false);
  const server = net.createServer().listen(folder.socketPath);
  expect(folder.isWhole).toBe(true); // at once
  await new Promise(resolve => server.close(resolve));
  expect(folder.isWhole).toBe(false);
  folder.remove();
});

describe('with its end, what killed runs have left goes', () => {
  const old = (folder: SocketFolder) => utimesSync(folder.path, 1000, 1000);
  /** As one that was killed: nobody listens. */
  const abandoned = (temp: string) => {
    const path = join(temp, 'jest-runner-xdist-killed');
    mkdirSync(path);
    writeFileSync(join(path, 'w1.1.journal'), '');
    utimesSync(path, 1000, 1000);
    return path;
  };
  const untilGone = async (path: string) => {
    while (existsSync(path)) await new Promise(resolve => setTimeout(resolve, 5));
  };

  test('and what is of a run that goes on stays', async () => {
    const temp = tempIs(temporaryFolder());
    const [ours, live, starting] = [new SocketFolder(''), new SocketFolder(''), new SocketFolder('')];
    const server = net.createServer(socket => socket.destroy()).listen(live.socketPath);
    old(live);
    const killed = abandoned(temp);
    ours.remove();
    await untilGone(killed);
    expect([existsSync(live.path), existsSync(starting.path)]).toEqual([true, true]);
    await new Promise(resolve => server.close(resolve));
    for (const folder of [live, starting]) folder.remove();
  });

  test('on Windows a run listens at a named pipe', async () => {
    const temp = tempIs(temporaryFolder());
    platformIs('win32');
    const [ours, live] = [new SocketFolder(''), new SocketFolder('')];
    old(live);
    const killed = abandoned(temp);
    const asked: unknown[] = [];
    jest.spyOn(net, 'createConnection').mockImplementation(((path: string) => {
      asked.push(path);
      const socket = Object.assign(new EventEmitter(), {destroy: () => undefined});
      process.nextTick(() =>
        path === live.socketPath ? socket.emit('connect') : socket.emit('error', {code: 'ENOENT'}),
      );
      return socket;
    }) as never);
    ours.remove();
    while (asked.length < 2) await new Promise(resolve => setTimeout(resolve, 5));
    await untilGone(killed);
    expect(live.socketPath).toMatch(/^\\\\\.\\pipe\\/);
    expect(existsSync(live.path)).toBe(true);
    live.remove();
  });
});
