/** What a machine must know to join its fleet: from the option `fleet` and the environment. */
import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {hasPassword, isLoopback} from '../core/rules/fleetUrl';
import {CA_VARIABLE, FILE_SUFFIX, PASSWORD_VARIABLE, SECRET_VARIABLE} from '../core/rules/fleetVariables';
import type {ResolvedFleet} from '../core/rules/resolvedOptions';
import type {EngineOptions} from './engine/engine';

export interface FleetSettings {
  readonly engine: Omit<EngineOptions, 'prefix'>;
  /** null: there is none, and the server is this machine's own. */
  readonly secret: string | null;
}

/** A mistake in the settings, with a text for the user. No text has a secret. */
export class FleetSettingsError extends Error {
  override readonly name = 'FleetSettingsError';
}

/** How long (ms) values and queues stay after the last write: a run that failed may be run again on the same day. */
export const KEEP_MS = 24 * 60 * 60_000;
/** A server that is restarted or replaced is back by then. */
const AWAY_MS = 60_000;
const SHORTEST_SECRET = 16;

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws {FleetSettingsError} */
export function fleetSettings(fleet: ResolvedFleet, environment: Environment, rootDir: string): FleetSettings {
  const secret = secretOf(fleet, environment, rootDir);
  if (secret === null && !isLoopback(fleet.url)) {
    throw new FleetSettingsError(
      'The server of the fleet is on another machine, so what the machines write must be sealed with a secret. ' +
        `Set ${SECRET_VARIABLE} to the same text on all machines, ${SHORTEST_SECRET} characters or more.`,
    );
  }
  const password = fromVariables(PASSWORD_VARIABLE, environment);
  if (password !== null && hasPassword(fleet.url)) {
    throw new FleetSettingsError(`The URL of the fleet has a password, and ${PASSWORD_VARIABLE} is set, too. Set one.`);
  }
  const ca = environment[CA_VARIABLE];
  return {
    engine: {
      url: fleet.url,
      password: password?.text ?? null,
      ca: ca === undefined ? null : readText(resolve(ca), CA_VARIABLE),
      leaseMs: fleet.lease,
      keepMs: KEEP_MS,
      awayMs: AWAY_MS,
    },
    secret,
  };
}

function secretOf({secret: option}: ResolvedFleet, environment: Environment, rootDir: string): string | null {
  const found = option === null ? fromVariables(SECRET_VARIABLE, environment) : named(option, environment, rootDir);
  if (found !== null && found.text.length < SHORTEST_SECRET) {
    const size = found.text === '' ? 'is empty' : `is shorter than ${SHORTEST_SECRET} characters`;
    throw new FleetSettingsError(`The secret of the fleet ${size} (${found.from}).`);
  }
  return found?.text ?? null;
}

interface Found {
  readonly text: string;
  /** The variable or the file. */
  readonly from: string;
}

function named(option: NonNullable<ResolvedFleet['secret']>, environment: Environment, rootDir: string): Found {
  if ('file' in option) {
    return {text: readText(resolve(rootDir, option.file), 'fleet.secret.file'), from: option.file};
  }
  const text = environment[option.variable];
  if (text === undefined) {
    throw new FleetSettingsError(`The secret of the fleet is to be in ${option.variable}, which is not set.`);
  }
  return {text, from: option.variable};
}

/** From a variable, or from the file that another one names; null: neither is set. */
function fromVariables(variable: string, environment: Environment): Found | null {
  const ofFile = variable + FILE_SUFFIX;
  const [text, path] = [environment[variable], environment[ofFile]];
  if (text !== undefined && path !== undefined) {
    throw new FleetSettingsError(`${variable} and ${ofFile} are both set. Set one.`);
  }
  if (text !== undefined) {
    return {text, from: variable};
  }
  return path === undefined ? null : {text: readText(resolve(path), ofFile), from: ofFile};
}

/** Without the line's end, which editors and `echo` add. */
function readText(path: string, askedBy: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new FleetSettingsError(`The file of ${askedBy} cannot be read: ${(error as Error).message}`);
  }
}
