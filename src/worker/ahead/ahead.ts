/**
 * A process that was started before its run. It loads what each run loads, and waits. When the run begins, it serves
 * the run as a process that was started then would, or says why it cannot and ends.
 */
import {createRequire} from 'node:module';
import type {AheadNews, AheadOrder, ToWorker, WorkerSetup} from '../../core/wire/workerMessages';
import {nextTurn} from '../../pristine/clock';
import {CompileCache} from '../compile/compileCache';
import {knowsRuntime} from '../jestProbes';
import {loadTestWorker} from '../jestFile';
import {LoadedFiles} from './loadedFiles';
import {ReadVariables} from './readVariables';
import {warmTypescript} from './warmTypescript';
import {warmUp} from './warmUp';

export type RunOrder = Extract<ToWorker, {type: 'run'}>;

export interface AheadOptions {
  readonly setup: WorkerSetup;
  readonly ahead: AheadOrder;
  /** Resolves when the run begins; with null if the process is to end. */
  readonly order: Promise<RunOrder | null>;
  /** Resolves when the parent has the news. */
  readonly tell: (news: AheadNews) => Promise<void>;
}

/** @returns the setup of the run; null: the process is to end */
export async function waitForRun({setup, ahead, order, tell}: AheadOptions): Promise<WorkerSetup | null> {
  let isAwaited = true;
  void order.then(() => (isAwaited = false));
  const files = new LoadedFiles();
  const variables = new ReadVariables();
  const isWanted = () => isAwaited;
  await variables.during(() => loadModules(setup, ahead, isWanted), {exceptCopies: false});
  await variables.during(async () => void (await warmUp(setup, isWanted)), {exceptCopies: true});
  const leave = async (reason: string) => {
    await tell({type: 'leaving', reason});
    return null;
  };
  const early = files.remember();
  if (early !== null) return leave(`${early} has changed`);
  await tell({type: 'waiting'});
  const run = await order;
  if (run === null) return null;
  const objection = variables.objection(run.environment);
  if (objection !== null) return leave(objection);
  const changed = files.changed();
  if (changed !== null) return leave(`${changed} has changed`);
  setEnvironment(run.environment);
  return run.setup;
}

/** @param isWanted whether there is still time. Once the run has begun, it loads by itself what it needs. */
async function loadModules(
  {compileCache, modules}: WorkerSetup,
  ahead: AheadOrder,
  isWanted: () => boolean,
): Promise<void> {
  CompileCache.start(compileCache, knowsRuntime);
  loadTestWorker(modules.testWorker);
  const ofJest = createRequire(modules.testWorker);
  for (const name of ['graceful-fs', 'jest-haste-map', 'jest-resolve', 'jest-runtime']) ofJest(name);
  for (const path of ahead.modules) {
    load(path);
    await nextTurn(); // the run may begin
    if (!isWanted()) return;
  }
  warmTypescript(ahead.modules);
}

/** Ignores errors. The run reports them when it needs the module, as in a process that starts later. */
function load(path: string): void {
  try {
    require(path);
  } catch {
    delete require.cache[path];
  }
}

function setEnvironment(environment: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  for (const [name, value] of Object.entries(environment)) if (process.env[name] !== value) process.env[name] = value;
}
