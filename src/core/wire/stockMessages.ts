/**
 * The messages about shared fixtures under Jest's own runner, one JSON line each. Jest and the stock host talk over a
 * pipe. A test file asks the host for its fixtures over a socket.
 */
import {list, parseJson, ProtocolError, record, text, whole} from './values';
import {parseFixtureFailure, type FixtureFailure} from './workerMessages';
import type {SlotNumber} from '../plan/units';

/** The facts about a run that Jest passes to a globalSetup. */
export interface StockRun {
  readonly rootDir: string;
  /** The path of a file of the running Jest's @jest/core. */
  readonly corePath: string;
  /** Jest's config of one project. It says how to transform the fixtures. */
  readonly config: unknown;
}

/** Jest to the host. The first message is `begin`. */
export type ToStockHost =
  | {readonly type: 'begin'; readonly run: StockRun}
  /** Tear down all fixtures and exit. The host does the same if the pipe closes. */
  | {readonly type: 'close'};

/** The host to Jest. */
export type FromStockHost =
  | {readonly type: 'listening'; readonly socketPath: string}
  /** The host cannot serve this run. `message`: the text for the user. */
  | {readonly type: 'refused'; readonly message: string}
  | {readonly type: 'closed'; readonly failures: readonly FixtureFailure[]};

/** A connection carries one question. The answer is the JSON of a HandedOver. */
export interface FixtureQuestion {
  /** Absolute path of the test file. */
  readonly testPath: string;
  /** The worker that runs the test file. */
  readonly worker: SlotNumber;
}

/** @throws {ProtocolError} */
export function parseToStockHost(line: string): ToStockHost {
  const fields = record(parseJson(line), 'a message to the stock host');
  switch (fields.type) {
    case 'begin': {
      const {rootDir, corePath, config} = record(fields.run, 'a run');
      return {
        type: 'begin',
        run: {rootDir: text(rootDir), corePath: text(corePath), config: record(config, "a project's config")},
      };
    }
    case 'close':
      return {type: 'close'};
    default:
      throw new ProtocolError('a message to the stock host', fields);
  }
}

/** @throws {ProtocolError} */
export function parseFromStockHost(line: string): FromStockHost {
  const fields = record(parseJson(line), 'a message from the stock host');
  switch (fields.type) {
    case 'listening':
      return {type: 'listening', socketPath: text(fields.socketPath)};
    case 'refused':
      return {type: 'refused', message: text(fields.message)};
    case 'closed':
      return {type: 'closed', failures: list(fields.failures, parseFixtureFailure)};
    default:
      throw new ProtocolError('a message from the stock host', fields);
  }
}

/** @throws {ProtocolError} */
export function parseFixtureQuestion(line: string): FixtureQuestion {
  const {testPath, worker} = record(parseJson(line), 'a question for the fixtures of a file');
  return {testPath: text(testPath), worker: whole(worker)};
}
