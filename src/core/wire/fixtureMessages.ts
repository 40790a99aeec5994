/**
 * What is said of shared fixtures between processes: Jest to the fixture host, the host to the process of
 * one fixture, and back. One JSON line a message, over a pipe of its own: a fixture's process has no
 * channel of Node's, which its code could use, or close.
 */
import {list, nullable, parseJson, ProtocolError, record, text, whole} from './values';
import {parseFixtureFailure, type FixtureFailure} from './workerMessages';
import type {SlotNumber} from '../plan/units';

/** What is the same for all fixtures of a run. */
export interface FixtureRun {
  readonly rootDir: string;
  readonly runId: string;
  /** Of the running Jest's @jest/transform. */
  readonly transformPath: string;
  /** What a setup and a teardown may take, in ms each; 0: any time. */
  readonly timeoutMs: number;
  /** For Node, before the script. */
  readonly nodeArguments: readonly string[];
}

/** One fixture to be set up. */
export interface FixtureOrder {
  /** Unique among those that are up. */
  readonly key: string;
  /** Absolute. */
  readonly path: string;
  /** As a user reads it. */
  readonly title: string;
  /** Jest's own, by which the module is transformed. */
  readonly config: unknown;
  /** The worker that it is for; null: for all. */
  readonly worker: SlotNumber | null;
  /** What it is given of other fixtures: the name that it calls each by, and what that is to it. */
  readonly fixtures: readonly NeededFixture[];
}

export interface NeededFixture {
  readonly name: string;
  /** A key to the host; to the fixture's own process the value, as JSON. */
  readonly is: string;
}

/** What came of a setup. */
export type FixtureSetup = {readonly json: string} | {readonly failure: FixtureFailure};

/** Jest to the host. The first message is `begin`. */
export type ToFixtureHost =
  | {readonly type: 'begin'; readonly run: FixtureRun}
  | {readonly type: 'set-up'; readonly fixture: FixtureOrder}
  | {readonly type: 'take-down'; readonly key: string}
  /** Take down all that is up, and end. That nobody is there any more who could say so means the same. */
  | {readonly type: 'close'};

/** The host to Jest. Each but `died` is the answer to one message. */
export type FromFixtureHost =
  | {readonly type: 'set-up'; readonly key: string; readonly setup: FixtureSetup}
  | {readonly type: 'taken-down'; readonly key: string; readonly failure: FixtureFailure | null}
  /** It was up, and has ended by itself. */
  | {readonly type: 'died'; readonly key: string; readonly failure: FixtureFailure}
  /** `failures`: of the fixtures that nothing else had told to be taken down. */
  | {readonly type: 'closed'; readonly failures: readonly FixtureFailure[]};

/** The host to a fixture's process: once each, in this order. */
export type ToFixture =
  | {readonly type: 'set-up'; readonly run: FixtureRun; readonly fixture: FixtureOrder}
  /** End, too. That the host is gone means the same. */
  | {readonly type: 'take-down'};

/** A fixture's process to the host. Each but `loaded` and `going-down` is the answer to one message. */
export type FromFixture =
  /** The module is loaded, and its setup begins. */
  | {readonly type: 'loaded'}
  | {readonly type: 'up'; readonly json: string}
  | {readonly type: 'not-up'; readonly error: FixtureFailure}
  /** It was told to: what ends the process from here on, its teardown does. */
  | {readonly type: 'going-down'}
  /** `error`: the user's own; null: it is well. */
  | {readonly type: 'down'; readonly error: FixtureFailure | null};

/** @throws {ProtocolError} */
export function parseToFixtureHost(line: string): ToFixtureHost {
  const fields = record(parseJson(line), 'a message to the fixture host');
  switch (fields.type) {
    case 'begin':
      return {type: 'begin', run: parseRun(fields.run)};
    case 'set-up':
      return {type: 'set-up', fixture: parseOrder(fields.fixture)};
    case 'take-down':
      return {type: 'take-down', key: text(fields.key)};
    case 'close':
      return {type: 'close'};
    default:
      throw new ProtocolError('a message to the fixture host', fields);
  }
}

/** @throws {ProtocolError} */
export function parseFromFixtureHost(line: string): FromFixtureHost {
  const fields = record(parseJson(line), 'a message from the fixture host');
  switch (fields.type) {
    case 'set-up':
      return {type: 'set-up', key: text(fields.key), setup: parseSetup(fields.setup)};
    case 'taken-down':
      return {type: 'taken-down', key: text(fields.key), failure: nullable(fields.failure, parseFixtureFailure)};
    case 'died':
      return {type: 'died', key: text(fields.key), failure: parseFixtureFailure(fields.failure)};
    case 'closed':
      return {type: 'closed', failures: list(fields.failures, parseFixtureFailure)};
    default:
      throw new ProtocolError('a message from the fixture host', fields);
  }
}

/** @throws {ProtocolError} */
export function parseToFixture(line: string): ToFixture {
  const fields = record(parseJson(line), 'a message to a fixture');
  switch (fields.type) {
    case 'set-up':
      return {type: 'set-up', run: parseRun(fields.run), fixture: parseOrder(fields.fixture)};
    case 'take-down':
      return {type: 'take-down'};
    default:
      throw new ProtocolError('a message to a fixture', fields);
  }
}

/** @throws {ProtocolError} */
export function parseFromFixture(line: string): FromFixture {
  const fields = record(parseJson(line), 'a message from a fixture');
  switch (fields.type) {
    case 'up':
      return {type: 'up', json: text(fields.json)};
    case 'not-up':
      return {type: 'not-up', error: parseFixtureFailure(fields.error)};
    case 'loaded':
      return {type: 'loaded'};
    case 'going-down':
      return {type: 'going-down'};
    case 'down':
      return {type: 'down', error: nullable(fields.error, parseFixtureFailure)};
    default:
      throw new ProtocolError('a message from a fixture', fields);
  }
}

function parseRun(value: unknown): FixtureRun {
  const {rootDir, runId, transformPath, timeoutMs, nodeArguments} = record(value, "a run's fixtures");
  return {
    rootDir: text(rootDir),
    runId: text(runId),
    transformPath: text(transformPath),
    timeoutMs: whole(timeoutMs),
    nodeArguments: list(nodeArguments, text),
  };
}

function parseOrder(value: unknown): FixtureOrder {
  const {key, path, title, config, worker, fixtures} = record(value, 'a fixture');
  return {
    key: text(key),
    path: text(path),
    title: text(title),
    config: record(config, "a project's config"), // Jest's own, for the very Jest that made it
    worker: nullable(worker, whole),
    fixtures: list(fixtures, item => {
      const {name, is} = record(item, 'a needed fixture');
      return {name: text(name), is: text(is)};
    }),
  };
}

function parseSetup(value: unknown): FixtureSetup {
  const {json, failure} = record(value, 'what came of a setup');
  return json === undefined ? {failure: parseFixtureFailure(failure)} : {json: text(json)};
}
