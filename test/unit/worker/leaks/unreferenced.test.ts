import {ownProcesses} from '../../ownProcesses';

const inOwnProcess = ownProcesses('worker');

/** What is at work in a process after this was done in it, and what when that is over. */
const atWork = (script: string, nodeArguments: readonly string[] = []) =>
  inOwnProcess(
    `const [{once}, net, dgram] = [require('events'), require('net'), require('dgram')];
    const [{spawn}, {Worker}] = [require('child_process'), require('worker_threads')];
    const {Unreferenced} = ours('leaks/unreferenced');
    const unreferenced = new Unreferenced();
    const whenOver = async end => [unreferenced.atWork, (await end(), unreferenced.atWork)];
    ${script}`,
    {nodeArguments},
  );

describe('what keeps no process alive is at work until it is over', () => {
  test.each<[what: string, script: string, name: string]>([
    [
      'a timer that is cleared',
      `const timer = setTimeout(() => {}, 1e8).unref();
       return whenOver(() => clearTimeout(timer));`,
      'a timer',
    ],
    [
      'a timer that fires',
      `const fires = new Promise(resolve => setTimeout(resolve, 1).unref());
       return whenOver(async () => { const keep = setInterval(() => {}, 1000); await fires; clearInterval(keep); });`,
      'a timer',
    ],
    [
      'an interval',
      `const timer = setInterval(() => {}, 1e8).unref();
       return whenOver(() => clearInterval(timer));`,
      'a timer',
    ],
    [
      'a server',
      `const server = net.createServer().listen(0).unref();
       return whenOver(async () => { server.close(); await once(server, 'close'); });`,
      'a server',
    ],
    [
      'a connection',
      `const server = net.createServer(other => other.resume()).listen(0);
       await once(server, 'listening');
       const socket = net.connect(server.address().port);
       await once(socket, 'connect');
       socket.unref();
       const told = await whenOver(async () => { socket.destroy(); await once(socket, 'close'); });
       server.close();
       return told;`,
      'a socket',
    ],
    [
      'a socket without connections',
      `const socket = dgram.createSocket('udp4').bind(0);
       await once(socket, 'listening');
       socket.unref();
       return whenOver(async () => { socket.close(); await once(socket, 'close'); });`,
      'a socket',
    ],
    [
      'a child that exits',
      `const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {stdio: ['pipe', 'ignore', 'ignore']});
       child.unref();
       return whenOver(async () => { child.stdin.end(); child.ref(); await once(child, 'exit'); });`,
      'a child',
    ],
    [
      'a child that is killed',
      `const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 1e8)'], {stdio: 'ignore'});
       child.unref();
       return whenOver(async () => { child.kill('SIGKILL'); child.ref(); await once(child, 'exit'); });`,
      'a child',
    ],
    [
      'a thread',
      `const thread = new Worker('setTimeout(() => {}, 1e8)', {eval: true});
       await once(thread, 'online');
       thread.unref();
       return whenOver(() => thread.terminate());`,
      'a thread',
    ],
  ])('%s', (_what, script, name) => {
    expect(atWork(script)).toEqual([[name], []]);
  });

  test('of all of them', () => {
    const script = `
      const timers = [1, 2, 3].map(() => setTimeout(() => {}, 1e8).unref());
      const server = net.createServer().listen(0).unref();
      clearTimeout(timers[1]);
      return unreferenced.atWork;`;
    expect(atWork(script)).toEqual(['a timer', 'a timer', 'a server']);
  });
});

test('what was over before it was unreferenced, or never began, is not at work', () => {
  const script = `
    const timer = setTimeout(() => {}, 1e8);
    clearTimeout(timer);
    timer.unref();
    new net.Socket().unref();
    net.createServer().unref();
    const socket = dgram.createSocket('udp4');
    socket.unref();
    return unreferenced.atWork;`;
  expect(atWork(script)).toEqual([]);
});

test('Node’s functions are as they were: they return the same, and are named and found as before', () => {
  const script = `
    const timer = setTimeout(() => {}, 1e8);
    const same = timer.unref() === timer;
    const {value, ...attributes} = Object.getOwnPropertyDescriptor(net.Socket.prototype, 'unref');
    const isAlive = timer.hasRef();
    return [same, isAlive, value.name, value.length, 'prototype' in value, attributes];`;
  const attributes = {writable: true, enumerable: true, configurable: true};
  expect(atWork(script)).toEqual([true, false, 'unref', 0, false, attributes]);
});

test('what was unreferenced is not held', () => {
  const script = `
    let timer = setTimeout(() => {}, 1e8).unref();
    clearTimeout(timer);
    const reference = new WeakRef(timer);
    timer = null;
    await new Promise(setImmediate); // what a reference was made to lives until then
    gc();
    return [unreferenced.atWork, reference.deref() === undefined];`;
  expect(atWork(script, ['--expose-gc'])).toEqual([[], true]);
});

test('what is over takes no memory, however much that was', () => {
  const script = `
    const unreference = count => {
      for (let done = 0; done < count; done++) clearTimeout(setTimeout(() => {}, 1e8).unref());
    };
    const heap = async () => {
      await new Promise(setImmediate);
      gc();
      return process.memoryUsage().heapUsed;
    };
    const working = Array.from({length: 1500}, () => setTimeout(() => {}, 1e8).unref());
    unreference(2000);
    const before = await heap();
    unreference(100_000);
    const grown = (await heap()) - before;
    const count = unreferenced.atWork.length;
    for (const timer of working) clearTimeout(timer);
    return [grown < 2e6, count];`;
  expect(atWork(script, ['--expose-gc'])).toEqual([true, 1500]);
});
