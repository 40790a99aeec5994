/**
 * The messages about shared fixtures, one JSON line each: between Jest and the fixture host, and between the host and
 * the process of a fixture. They go over a separate pipe and not over Node's IPC channel, because the fixture's code
 * could use or close that channel.
 */
import {list, nullable, parseJson, ProtocolError, record, text, whole} from './values';
import {parseFixtureFailure, type FixtureFailure} from './workerMessages';
import type {SlotNumber} from '../plan/units';

/** The settings that all fixtures of a run share. */
export interface FixtureRun {
  readonly rootDir: string;
  readonly runId: string;
  /** The path of the running Jest's @jest/transform. */
  readonly transformPath: string;
  /** The time limit of a setup, and of a teardown, in ms; 0: no limit. */
  readonly timeoutMs: number;
  /** Arguments for Node itself, in front of the script. */
  readonly nodeArguments: readonly string[];
}

/** A fixture to set up. */
export interface FixtureOrder {
  /** Unique among the fixtures that are up. */
  readonly key: string;
  /** The absolute path of the module. */
  readonly path: string;
  /** The name for users. */
  readonly title: string;
  /** Jest's project config that says how to transform the module. */
  readonly config: unknown;
  /** The only worker that may use the fixture; null: all workers share it. */
  readonly worker: SlotNumber | null;
  /** The other fixtures that this fixture needs. */
  readonly fixtures: readonly NeededFixture[];
}

export interface NeededFixture {
  /** The name under which the needing fixture refers to it. */
  readonly name: string;
  /** To the host: the key of the needed fixture. To a fixture's process: the value as JSON. */
  readonly is: string;
}

/** The outcome of a setup: the fixture's value as JSON, or a failure. */
export type FixtureSetup = {readonly json: string} | {readonly failure: FixtureFailure};

/** Jest to the host. The first message is `begin`. */
export type ToFixtureHost =
  | {readonly type: 'begin'; readonly run: FixtureRun}
  | {readonly type: 'set-up'; readonly fixture: FixtureOrder}
  | {readonly type: 'take-down'; readonly key: string}
  /** Tear down all fixtures and exit. The host does the same if the pipe closes. */
  | {readonly type: 'close'};

/** The host to Jest. Each message except `died` answers one message. */
export type FromFixtureHost =
  | {readonly type: 'set-up'; readonly key: string; readonly setup: FixtureSetup}
  | {readonly type: 'taken-down'; readonly key: string; readonly failure: FixtureFailure | null}
  /** A fixture that was up has ended by itself. */
  | {readonly type: 'died'; readonly key: string; readonly failure: FixtureFailure}
  /** `failures`: the teardown failures of fixtures for which Jest had sent no `take-down`. */
  | {readonly type: 'closed'; readonly failures: readonly FixtureFailure[]};

/** The host to a fixture's process. The host sends each message once, in this order. */
export type ToFixture =
  | {readonly type: 'set-up'; readonly run: FixtureRun; readonly fixture: FixtureOrder}
  /** Tear down and exit. The process does the same if the pipe closes. */
  | {readonly type: 'take-down'};

/** A fixture's process to the host. Each message except `loaded` and `going-down` answers one message. */
export type FromFixture =
  /** The module is loaded, and the setup begins. */
  | {readonly type: 'loaded'}
  | {readonly type: 'up'; readonly json: string}
  | {readonly type: 'not-up'; readonly error: FixtureFailure}
  /** The teardown begins. If the process ends after this message, the teardown ended it. */
  | {readonly type: 'going-down'}
  /** `error`: what the user's teardown threw; null: it succeeded. */
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
    config: record(config, "a project's config"), // not parsed: the Jest that made it is the Jest that reads it
    worker: nullable(worker, whole),
    fixtures: list(fixtures, item => {
      const {name, is} = record(item, 'a needed fixture');
      return {name: text(name), is: text(is)};
    }),
  };
}

function parseSetup(value: unknown): FixtureSetup {
  const {json, failure} = record(value, 'the outcome of a setup');
  return json === undefined ? {failure: parseFixtureFailure(failure)} : {json: text(json)};
}
