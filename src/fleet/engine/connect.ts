/** Connects a machine to the engine: BullMQ on a Redis or Valkey. */
import {BullQueue} from './bullQueue';
import type {Connect, Engine, EngineOptions} from './engine';
import {Link} from './link';
import {loadPackages, type EnginePackages} from './packages';
import {valueStore} from './values';

export const connect: Connect = options => connectWith(options, loadPackages);

/** @param load the packages of the project */
export async function connectWith(options: EngineOptions, load: () => EnginePackages): Promise<Engine> {
  const packages = load();
  const link = await Link.open(options, packages.ioredis);
  const queues = new Map<string, BullQueue>();
  const closeQueues = () => Promise.all([...queues.values()].map(queue => queue.close()));
  // What the timers of the queues have begun fails when the connections end: by then the queues expect that.
  link.onEnd(() => void closeQueues().catch(() => undefined));
  return {
    queue(name) {
      const known = queues.get(name);
      if (known !== undefined) {
        return known;
      }
      const queue = new BullQueue(link, packages, `${options.prefix}:queue`, options, name);
      queues.set(name, queue);
      return queue;
    },
    values: valueStore(link, `${options.prefix}:value`, options.keepMs),
    valuesOf: (prefix, keepMs) => valueStore(link, prefix, keepMs),
    now: () =>
      link.call(async () => {
        const [seconds, micros] = await link.main.time();
        return Number(seconds) * 1000 + Number(micros) / 1000;
      }),
    lost: link.lost,
    onReconnect: listener => link.onReconnect(listener),
    async close() {
      link.close();
      await closeQueues();
    },
  };
}
