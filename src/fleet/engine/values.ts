/** The values beside the queues: plain keys of the server. */
import {MAX_VALUE_BYTES, ValueSizeError, type ValueStore} from './engine';
import type {Link} from './link';

export function valueStore(link: Link, prefix: string, keepMs: number): ValueStore {
  const {main} = link;
  const nameOf = (key: string) => `${prefix}:${key}`;

  /**
   * A value that is too long is not brought over the network.
   *
   * @returns null: there is none
   */
  async function read(key: string): Promise<Buffer | null> {
    const value = await main.getrangeBuffer(nameOf(key), 0, MAX_VALUE_BYTES);
    return value.length === 0 ? null : checked(key, value);
  }

  /** Anybody may add to a list or a record: one that is too large is not brought over the network. */
  async function checkAll(key: string): Promise<void> {
    // Some providers refuse the command.
    const size = await main.memory('USAGE', nameOf(key), 'SAMPLES', 0).catch(() => null);
    if (size !== null && size > MAX_VALUE_BYTES) throw tooLarge(key);
  }

  return {
    put: (key, value, onlyNew = false) =>
      link.call(async () => {
        checked(key, value);
        if (!onlyNew) {
          await main.set(nameOf(key), value, 'PX', keepMs);
          return true;
        }
        const {comebacks} = link;
        if ((await main.set(nameOf(key), value, 'PX', keepMs, 'NX')) !== null) {
          return true;
        }
        // The answer to the first try may have been lost with the connection.
        return comebacks !== link.comebacks && ((await read(key))?.equals(value) ?? false);
      }),
    get: keys => link.call(() => Promise.all(keys.map(read))),
    append: (key, value) =>
      link.call(async () => {
        checked(key, value);
        await Promise.all([main.rpush(nameOf(key), value), main.pexpire(nameOf(key), keepMs)]);
      }),
    list: key =>
      link.call(async () => {
        await checkAll(key);
        return main.lrangeBuffer(nameOf(key), 0, -1);
      }),
    putField: (key, field, value) =>
      link.call(async () => {
        checked(key, value);
        await Promise.all([main.hset(nameOf(key), field, value), main.pexpire(nameOf(key), keepMs)]);
      }),
    fields: key =>
      link.call(async () => {
        await checkAll(key);
        return new Map(Object.entries(await main.hgetallBuffer(nameOf(key))));
      }),
  };
}

function checked(key: string, value: Buffer): Buffer {
  if (value.length === 0 || value.length > MAX_VALUE_BYTES) {
    throw value.length === 0
      ? new ValueSizeError(`A value of the fleet (${kindOf(key)}) has no bytes.`)
      : tooLarge(key);
  }
  return value;
}

function tooLarge(key: string): ValueSizeError {
  return new ValueSizeError(
    `A value of the fleet (${kindOf(key)}) has more than ${MAX_VALUE_BYTES / 2 ** 20} MiB. ` +
      'If no test prints so much, somebody else has written it.',
  );
}

/** A key is a path: the run, and then the kind. */
function kindOf(key: string): string {
  return key.split('/')[1] ?? key;
}
