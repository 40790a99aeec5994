/**
 * What is said of shared fixtures under Jest's own runner: Jest to the stock host and back, one JSON line a
 * message, over a pipe; and what a test file asks the host for, over a socket.
 */
import {list, parseJson, ProtocolError, record, text, whole} from './values';
import {parseFixtureFailure, type FixtureFailure} from './workerMessages';
import type {SlotNumber} from '../plan/units';

/** The run, as far as Jest tells a globalSetup of it. */
export interface StockRun {
  readonly rootDir: string;
  /** A file of the running Jest's @jest/core. */
  readonly corePath: string;
  /** Jest's own, of one of its projects: by it the fixtures are transformed. */
  readonly config: unknown;
}

/** Jest to the host. The first message is `begin`. */
export type ToStockHost =
  | {readonly type: 'begin'; readonly run: StockRun}
  /** Take down all that is up, and end. That nobody is there any more who could say so means the same. */
  | {readonly type: 'close'};

/** The host to Jest. */
export type FromStockHost =
  | {readonly type: 'listening'; readonly socketPath: string}
  /** It cannot: what the user reads. */
  | {readonly type: 'refused'; readonly message: string}
  | {readonly type: 'closed'; readonly failures: readonly FixtureFailure[]};

/** One for each connection. The answer is the text of a HandedOver. */
export interface FixtureQuestion {
  /** Absolute path of the test file. */
  readonly testPath: string;
  /** The one that runs it. */
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
