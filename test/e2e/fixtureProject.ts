/** Projects with shared fixtures that record their own setups and teardowns. */
import type {Files, Project} from './project';

export interface FixtureSource {
  /** Lines of its docblock. */
  readonly needs?: readonly string[];
  /** What `setup` does before it returns; `context` and `note(text)` are there. */
  readonly setup?: string;
  /** An expression of what it returns; `context` is there. */
  readonly value?: string;
  /** What `teardown` does; `value` is there. */
  readonly teardown?: string;
}

/** Each line of the log: `<name> up`, `<name> down`, and what a fixture notes itself. */
export const FIXTURE_LOG = 'fixtures.log';

/** The source of a CommonJS module that is a fixture. */
export function fixture(
  name: string,
  {needs = [], setup = '', value = '{}', teardown = ''}: FixtureSource = {},
): string {
  const docblock = needs.length === 0 ? '' : `/**\n${needs.map(line => ` * @shared-fixture ${line}\n`).join('')} */\n`;
  return `${docblock}
    const note = text => require('fs').appendFileSync(${JSON.stringify(FIXTURE_LOG)}, text + '\\n');
    exports.setup = async context => {
      note(${JSON.stringify(name)} + (context.worker === null ? '' : ' of ' + context.worker) + ' up');
      ${setup}
      return ${value};
    };
    exports.teardown = async value => {
      ${teardown}
      note(${JSON.stringify(name)} + ' down');
    };`;
}

/** The source of a test file. @param pragmas lines of its docblock */
export function testFile(pragmas: readonly string[], body: string): string {
  return `/**\n${pragmas.map(line => ` * ${line}\n`).join('')} */
    const {sharedFixture} = require('jest-runner-xdist/fixtures');
    ${body}`;
}

/** What the fixtures have written down, in order. */
export function fixtureLog(project: Project): string[] {
  if (!project.exists(FIXTURE_LOG)) return [];
  return project.read(FIXTURE_LOG).trim().split('\n');
}

/** So many test files that declare a fixture, and find its value. */
export function usersOf(path: string, count: number, pragmas: readonly string[] = []): Files {
  return Object.fromEntries(
    Array.from({length: count}, (_, index) => [
      `user${index}.test.js`,
      testFile(
        [`@shared-fixture ${path}`, ...pragmas],
        `test('finds it', () => { expect(sharedFixture(${JSON.stringify(path)})).toEqual({url: 'there'}); });`,
      ),
    ]),
  );
}
