/** The packages of the engine: a project installs them only if it uses fleets, and they are loaded only then. */
import type * as BullMQ from 'bullmq';
import type * as IORedis from 'ioredis';
import {EngineError} from './engine';

export interface EnginePackages {
  readonly bullmq: typeof BullMQ;
  readonly ioredis: typeof IORedis;
}

/** The majors are named: the newest ones may not fit together. */
const INSTALL = 'npm install --save-dev bullmq@6 ioredis@6';

/** @throws {EngineError} if one is not installed */
export function loadPackages(load: (name: string) => unknown = require): EnginePackages {
  return {bullmq: one('bullmq', load) as typeof BullMQ, ioredis: one('ioredis', load) as typeof IORedis};
}

function one(name: string, load: (name: string) => unknown): unknown {
  try {
    return load(name);
  } catch (error) {
    if ((error as {code?: unknown}).code !== 'MODULE_NOT_FOUND') {
      throw error;
    }
    throw new EngineError(`A fleet needs the packages bullmq and ioredis, and ${name} is not installed: ${INSTALL}`);
  }
}
