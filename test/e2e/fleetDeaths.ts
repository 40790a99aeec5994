/** A suite for fleets that shows which machine begins which file, and the window in which a machine plans. */
import {appendFileSync, existsSync, readFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import type {PlaceOf} from './cutProxy';
import type {Files, JestOutput, MakeProject, Project} from './project';

const FILES = 10;

/** The names of all tests of the suite. */
export const TESTS = Array.from({length: FILES * 2}, (_, index) => `t${index}`).sort();

/** Code of a test file: what it notes in NOTES, which all machines share. */
const note = (what: string) => `require('fs').appendFileSync(process.env.NOTES, '${what} ' + __filename + '\\n');`;

/** Code of a test: resolves when the condition holds. */
export const until = (condition: string) => `
  new Promise(resolve => {
    const look = () => ((${condition}) ? resolve() : setTimeout(look, 20));
    look();
  })`;

/** A test file that notes when it begins and when its tests have ended. */
export const noted = (tests: string) => `${note('begun')}\nafterAll(() => { ${note('ended')} });\n${tests}`;

/** Files with two tests each. None ends before all machines have begun one. */
export function suite(machines: number): Files {
  const folders = `new Set(require('fs').readFileSync(process.env.NOTES, 'utf8').match(/^begun .*(?=\\/)/gm)).size`;
  return {
    '.git/HEAD': '',
    ...Object.fromEntries(
      Array.from({length: FILES}, (_, file) => [
        `f${file}.test.js`,
        noted(
          `test('t${file * 2}', () => ${until(`${folders} >= ${machines}`)}, 600_000);\n` +
            `test('t${file * 2 + 1}', () => new Promise(end => setTimeout(end, ${50 + (file % 4) * 100})));`,
        ),
      ]),
    ),
  };
}

export interface Note {
  readonly what: string;
  /** The folder of the machine. */
  readonly folder: string;
  readonly file: string;
}

/** What the test files of all machines have noted so far. */
export class Notes {
  /** For the variable NOTES. */
  readonly path: string;

  constructor(project: Project) {
    this.path = project.path('notes');
    appendFileSync(this.path, '');
  }

  all(): Note[] {
    const text = existsSync(this.path) ? readFileSync(this.path, 'utf8') : '';
    return [...text.matchAll(/^(\w+) (.*)\/(.*)\n/gm)].map(([, what = '', folder = '', file = '']) => {
      return {what, folder, file};
    });
  }

  /** Resolves when the notes are so, or when `ended` says that no more will come. */
  async until(areSo: (notes: readonly Note[]) => boolean, ended: () => boolean): Promise<void> {
    while (!areSo(this.all()) && !ended()) await sleep(10);
  }
}

/** Holds a machine that plans: of its commands, `passed` reach the server, the first of them stores the plan. */
export function whilePlanning(passed: number): PlaceOf {
  return sent => {
    const stored = sent.search(/\*\d+\r\n\$3\r\nset\r\n\$\d+\r\n[^\r]*\/plan\/1\r\n/i);
    if (stored === -1) return null;
    const commands = [...sent.slice(stored).matchAll(/\*\d+\r\n\$\d+\r\n/g)];
    const place = commands[passed]?.index;
    if (place === undefined) return null;
    if (sent.slice(stored, stored + place).includes('-planning-1:completed')) {
      throw new Error(`the planning takes less than ${passed} commands`);
    }
    return stored + place;
  };
}

/** Each test of the suite once, passed, in each report. */
export function expectAllPassed(outputs: readonly JestOutput[]): void {
  for (const {json, exitCode, stderr} of outputs) {
    const files = json?.testResults ?? [];
    const tests = files.flatMap(({assertionResults}) =>
      assertionResults.map(({fullName, status}) => (status === 'passed' ? fullName : `${fullName} ${status}`)),
    );
    expect([tests.sort(), files.length, exitCode, stderr]).toEqual([TESTS, FILES, 0, stderr]);
  }
}

export async function expectNoProcesses(machines: readonly Project[]): Promise<void> {
  for (const machine of machines) expect(await machine.leftProcesses()).toEqual([]);
}

export function makeMachines(make: MakeProject, files: Files, count: number): Project[] {
  return Array.from({length: count}, () => make(files));
}
