/** Connects this machine to the server, for one run. */
import {randomBytes} from 'node:crypto';
import {hostname} from 'node:os';
import type {RunIdentity} from '../core/fleet/runIdentity';
import {connect} from './engine/connect';
import {EngineError, type Engine} from './engine/engine';
import type {FleetConnection} from './fleetConnection';
import {FleetError} from './fleetError';
import {Names, PREFIX} from './names';
import {makeSealer} from './seal';
import {SealedValues} from './sealedValues';
import {ServerClock} from './serverClock';
import type {FleetSettings} from './settings';

/** How long (ms) the durations stay after a run: 90 days, as in the timings file. */
const KEEP_DURATIONS_MS = 90 * 24 * 60 * 60 * 1000;

/** @throws {FleetError} if the server cannot be reached, or cannot be used */
export async function openConnection(settings: FleetSettings, identity: RunIdentity): Promise<FleetConnection> {
  const engine = await reached(connect({...settings.engine, prefix: PREFIX}));
  const server = {
    engine,
    clock: await reached(ServerClock.read(engine)),
    machine: {id: randomBytes(8).toString('hex'), name: `${hostname()}:${process.pid}`},
    leaseMs: settings.engine.leaseMs,
    ended: endOf(engine),
  };
  return connectionFor(server, settings, identity);
}

/** The connection, for a run. @param server the connection for another run of the series */
export function connectionFor(
  server: Omit<FleetConnection, 'names' | 'values' | 'family' | 'series'>,
  {secret}: Pick<FleetSettings, 'secret'>,
  identity: RunIdentity,
): FleetConnection {
  const {engine} = server;
  const sealer = makeSealer({secret, run: identity.run, series: identity.series});
  const family = makeSealer({secret, run: identity.family, series: identity.series});
  return {
    ...server,
    names: new Names(identity),
    values: new SealedValues(engine.values, sealer),
    family: new SealedValues(engine.values, family),
    series: new SealedValues(engine.valuesOf(`${PREFIX}:durations`, KEEP_DURATIONS_MS), sealer),
  };
}

/** A failure of the engine is the user's to read. */
export async function reached<T>(reply: Promise<T>): Promise<T> {
  return reply.catch((error: unknown) => {
    throw error instanceof EngineError ? new FleetError(error.message) : error;
  });
}

function endOf(engine: Engine): Promise<never> {
  const ended = engine.lost.then(error => Promise.reject(error));
  ended.catch(() => undefined);
  return ended;
}
