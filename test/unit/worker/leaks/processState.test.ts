import {ownProcesses} from '../../ownProcesses';

const inOwnProcess = ownProcesses('worker');

/** What a process says of itself after this was done in it. @param before done before it was looked at */
function changeAfter(script: string, before = ''): unknown {
  return inOwnProcess(`
    require('worker_threads'); // as the watchdog has: it puts a function of its own in a place of the process
    ${before}
    const {ProcessState} = ours('leaks/processState');
    const state = new ProcessState();
    ${script}
    return state.change();`);
}

describe('it is seen that there is another one of', () => {
  test.each<[what: string, code: string, change: string | RegExp]>([
    ['a function of Node', 'require("fs").existsSync = () => true;', 'fs.existsSync'],
    [
      'a function of promises',
      'require("fs/promises").readFile = () => {};',
      /^(fs\.promises|fs\/promises)\.readFile$/,
    ],
    ['a class', 'require("http").Agent = class Agent {};', 'http.Agent'],
    ['a method of a class', 'require("http").Agent.prototype.getName = () => "";', 'http.Agent.prototype.getName'],
    ['a static property', 'require("events").EventEmitter.left = 1;', /^events(\.EventEmitter)?\.left$/],
    [
      'the agent of all requests',
      'const http = require("http"); http.globalAgent = new http.Agent();',
      'http.globalAgent',
    ],
    ['what that agent does', 'require("https").globalAgent.keepAlive = null;', 'https.globalAgent.keepAlive'],
    ['the way to load a kind of file', 'require("module")._extensions[".x"] = () => {};', 'module._extensions..x'],
    ['a global', 'globalThis.fetch = () => {};', /fetch$/],
    ['a method of all arrays', 'Array.prototype.last = function () {};', 'Array.prototype.last'],
    ['a function of a global', 'JSON.parse = () => ({});', 'JSON.parse'],
    ['the process', 'process.hrtime = () => 0;', 'process.hrtime'],
    ['its standard output', 'process.stdout.write = () => true;', 'process.stdout.write'],
    ['its standard error', 'process.stderr.write = () => true;', 'process.stderr.write'],
    ['the console', 'console.log = () => {};', 'console.log'],
    [
      'an accessor',
      'Object.defineProperty(require("fs"), "promises", {get: () => ({}), configurable: true, enumerable: true});',
      'fs.promises',
    ],
  ])('%s', (_what, code, change) => {
    // It speaks through an output that may be changed by then.
    const told = changeAfter(`const {stdout, stderr} = process; const write = stdout.write; const log = console.log;
      ${code}
      const change = state.change();
      stdout.write = write; console.log = log;
      return change;`);
    if (typeof change === 'string') expect(told).toBe(change);
    else expect(told).toMatch(change);
  });
});

describe('it is seen that there is', () => {
  test.each([
    ['a new property', 'require("fs").left = 1;', 'fs.left'],
    ['a new property of the process', 'process.left = 1;', 'process.left'],
    ['a new global', 'globalThis.left = 1;', 'globalThis.left'],
    ['a new symbol', 'require("fs")[Symbol("left")] = 1;', 'fs.Symbol(left)'],
    ['one less', 'delete require("fs").existsSync;', 'fs.existsSync'],
    ['another listener', 'process.on("SIGUSR2", () => {});', 'listeners of the process: SIGUSR2'],
    ['another one that listens once', 'process.once("exit", () => {});', 'listeners of the process: exit'],
  ])('%s', (_what, code, change) => {
    expect(changeAfter(code)).toBe(change);
  });

  test('a listener less, or one in place of another', () => {
    const before = 'const own = () => {}; process.on("SIGUSR2", own);';
    const change = 'listeners of the process: SIGUSR2';
    expect(changeAfter('process.off("SIGUSR2", own);', before)).toBe(change);
    expect(changeAfter('process.off("SIGUSR2", own).on("SIGUSR2", () => {});', before)).toBe(change);
    expect(changeAfter('process.off("SIGUSR2", own).once("SIGUSR2", own);', before)).toBe(change);
    expect(changeAfter('process.off("SIGUSR2", own).on("SIGUSR2", own);', before)).toBeNull();
  });

  test.each([
    ['another directory', 'process.chdir("/");'],
    ['another mask of new files', 'process.umask(process.umask() ^ 0o077);'],
    ['another title', 'process.title = "left";'],
    ['another server of names', 'require("dns").setServers(["192.0.2.1"]);'],
    ['another number of listeners', 'require("events").defaultMaxListeners = 99;'],
  ])('%s', (_what, code) => {
    expect(changeAfter(code)).toMatch(/^of the process: /);
  });

  test('a warning, which each process prints once', () => {
    expect(changeAfter('process.emitWarning("left"); await new Promise(setImmediate);')).toBe(
      'Node has printed a warning',
    );
  });
});

describe('it is no change', () => {
  test.each([
    ['to do nothing', ''],
    ['to look', 'state.change(); state.change();'],
    ['to put back', 'const {existsSync} = fs; fs.existsSync = 1; fs.existsSync = existsSync;'],
    ['to set what was inherited', 'process.emit = process.emit;'],
    ['to use what Node loads when it is asked for', 'void [crypto, structuredClone, ReadableStream, fs.promises];'],
    [
      'that Jest listens while tests run',
      'process.on("uncaughtException", () => {}).on("unhandledRejection", () => {});',
    ],
    ['that Jest has set how errors are printed', 'Error.stackTraceLimit = 100; Error.prepareStackTrace = () => "";'],
    [
      'that Jest has left its marks',
      'fs[Symbol.for("$$jest-protect-from-deletion")] = 1; globalThis[Symbol.for("$$jest-deletion-mode")] = "soft";',
    ],
  ])('%s', (_what, code) => {
    expect(changeAfter(code, 'const fs = require("fs");')).toBeNull();
  });

  test('that what is loaded when it is first asked for has been, if it is named so', () => {
    const before = `const fs = require('fs');
      const becomes = (name, value) => Object.defineProperty(fs, name, {value, configurable: true, enumerable: true, writable: true});
      for (const name of ['one', 'other', 'object', 'text']) Object.defineProperty(fs, name, {get: () => 1, configurable: true});`;
    expect(changeAfter('becomes("one", function one() {}); becomes("object", {});', before)).toBeNull();
    expect(changeAfter('becomes("other", function mocked() {});', before)).toBe('fs.other');
    expect(changeAfter('becomes("text", "text");', before)).toBe('fs.text');
  });

  test('of Error that Jest sets, and of others it is', () => {
    expect(changeAfter('TypeError.stackTraceLimit = 3;')).toBe('TypeError.stackTraceLimit');
    expect(changeAfter('Error.left = 3;')).toBe('Error.left');
  });
});

test('what was accepted is what is not to change from then on', () => {
  const script = `
    const fs = require('fs');
    const {existsSync} = fs;
    fs.existsSync = function loadedAnew() {};
    state.accept();
    const accepted = state.change();
    fs.existsSync = existsSync;
    return [accepted, state.change()];`;
  expect(changeAfter(script)).toEqual([null, 'fs.existsSync']);
});

describe('put back is', () => {
  test('what Jest has set, as it was', () => {
    const script = `
      const was = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit');
      const mode = Symbol.for('$$jest-deletion-mode');
      Error.stackTraceLimit = 100;
      Error.prepareStackTrace = () => '';
      globalThis[mode] = 'soft';
      process.exitCode = 3;
      state.restore();
      const is = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit');
      return [was.value === is.value, 'prepareStackTrace' in Error, mode in globalThis, process.exitCode ?? null];`;
    expect(changeAfter(script, 'delete Error.prepareStackTrace;')).toEqual([true, false, false, null]);
  });

  test('how errors were printed, where somebody had set that before', () => {
    const script = `
      delete Error.stackTraceLimit;
      Error.prepareStackTrace = () => 'of Jest';
      state.restore();
      return [Error.prepareStackTrace(), Error.stackTraceLimit];`;
    const before = 'Error.prepareStackTrace = () => "of somebody"; Error.stackTraceLimit = 7;';
    expect(changeAfter(script, before)).toEqual(['of somebody', 7]);
  });
});
