/** Plays watch sessions whose runs find workers that were started ahead. Plays each with the stock runner, too. */
import {rmSync} from 'node:fs';
import {relative} from 'node:path';
import {slotsOf} from '../../src/core/schedule';
import type {Files, Project, Runner} from './project';
import {replace, WatchSession} from './watching';

/** What a step does, and what is to come of it. */
interface Step {
  readonly name: string;
  /** Files that are written; null: removed. */
  readonly files?: Readonly<Record<string, string | null>>;
  /** What begins the run, where no change of a file does. */
  readonly keys?: string;
  /** Whether the workers that wait serve this run; or why they do not. Unset: whatever. */
  readonly taken?: true | RegExp;
}

type Outcome = Record<string, readonly string[]>;

export const ENTER = '\r';

/** A file's tests, and what came of each. */
export function outcomeOf(project: Project): Outcome {
  const {testResults} = JSON.parse(project.read('out.json')) as {
    testResults: {
      name: string;
      message: string;
      assertionResults: {fullName: string; status: string; failureMessages: string[]}[];
    }[];
  };
  const files = testResults.map(({name, message, assertionResults}) => {
    const tests = assertionResults.map(({fullName, status, failureMessages}) =>
      [fullName, status, ...failureMessages.map(firstLine)].join(' | '),
    );
    return [relative(project.folder, name), tests.length > 0 ? tests : [firstLine(message.trim())]] as const;
  });
  return Object.fromEntries(files.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

/** What the recordings say of workers that were started ahead, in order. */
export function states(project: Project) {
  return project.recorded().flatMap(line => (line.type === 'ahead' ? [line] : []));
}

/** How many workers each run has had, of those that have got as far as a plan. */
function plans(project: Project): number[] {
  return project.recorded().flatMap(line => (line.type === 'plan' ? [slotsOf(line.plan)] : []));
}

/** The last state of each slot's worker. */
export function lastStates(project: Project) {
  return new Map(states(project).map(state => [state.slot, state]));
}

/** Resolves when as many workers wait as the last run has had. */
export async function untilWaiting(project: Project): Promise<void> {
  const slots = plans(project).at(-1) ?? 0;
  const waits = () => [...lastStates(project)].filter(([slot, {state}]) => slot <= slots && state.type === 'waits');
  while (waits().length < slots) await new Promise(resolve => setTimeout(resolve, 20));
}

async function play(project: Project, runner: Runner, steps: readonly Step[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let looked = 0;
  const playAll = async (session: WatchSession) => {
    await session.untilRun();
    outcomes.push(outcomeOf(project));
    for (const {name, files = {}, keys = '', taken} of steps) {
      if (runner === 'xdist') await untilWaiting(project);
      await session.untilLastRun(); // a change that Jest heard of late has begun a run of its own
      const before = states(project).length;
      const runsBefore = plans(project).length;
      for (const [path, text] of Object.entries(files)) {
        if (text === null) rmSync(project.path(path));
        else replace(project, path, text);
      }
      session.press(keys);
      // Jest may just have begun a run for a change that it saw twice: the key has ended that run, and begun none.
      while (wasInterrupted(await session.untilRun())) session.press(keys);
      outcomes.push(outcomeOf(project));
      // Jest begins some runs anew, for changes that it sees one after the other: one that it drops at once has no plan.
      if (runner === 'xdist' && taken !== undefined && plans(project).length > runsBefore) {
        expectTaken(name, states(project).slice(before), taken);
        looked++;
      }
    }
    const isToLook = runner === 'xdist' && steps.some(({taken}) => taken !== undefined);
    if (isToLook) expect(looked).toBeGreaterThan(0);
    await session.leave();
    expect(await project.leftProcesses()).toEqual([]);
  };
  await inSession(project, playAll, [], runner);
  return outcomes;
}

function wasInterrupted(printed: string): boolean {
  return printed.includes('Test run was interrupted.');
}

type State = ReturnType<typeof states>[number];

/** On a busy machine any worker may take too long to be ready; another takes its place. */
export const TOO_SLOW = 'it does not answer';

function expectTaken(name: string, since: readonly State[], taken: true | RegExp): void {
  const ready = since.filter(({state}) => state.type === 'ready');
  const left = since.flatMap(({state}) => (state.type === 'leaves' ? [state.why] : []));
  const whys = left.filter(why => why !== TOO_SLOW);
  const slow = left.length - whys.length;
  if (taken === true) {
    expect({name, whys}).toEqual({name, whys: []});
    expect(ready.length + slow).toBeGreaterThan(0);
    return;
  }
  const only = whys.every(why => taken.test(why));
  expect({name, whys, only, some: left.length > 0}).toEqual({name, whys, only: true, some: true});
}

/** Plays the steps in a session of each runner: each run's results are to be the same. */
export async function playBoth(
  make: (files: Files, config?: object) => Project,
  files: Files,
  config: object,
  steps: readonly Step[],
) {
  const [xdist, stock] = await Promise.all([
    play(make(files, config), 'xdist', steps),
    play(make(files, config), 'stock', steps),
  ]);
  expect(xdist).toEqual(stock);
  return stock;
}

export const says = (expression: string) =>
  `test('says', () => { throw new Error('says ' + JSON.stringify(${expression})); });`;
export const OTHER = {'other.test.js': 'test("other", () => {});'};

/** A session, which is ended in any case. */
export async function inSession(
  project: Project,
  use: (session: WatchSession) => Promise<void>,
  args: readonly string[] = [],
  runner: Runner = 'xdist',
): Promise<void> {
  const session = new WatchSession(project, ['-w', '2', ...args], runner);
  try {
    await use(session);
  } finally {
    session.jest.kill('SIGKILL');
  }
}
