/** The values beside the queues: plain keys of the server. */
import {EngineError, MAX_VALUE_BYTES, type ValueStore} from './engine';
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
    list: key => link.call(() => main.lrangeBuffer(nameOf(key), 0, -1)),
    putField: (key, field, value) =>
      link.call(async () => {
        checked(key, value);
        await Promise.all([main.hset(nameOf(key), field, value), main.pexpire(nameOf(key), keepMs)]);
      }),
    fields: key => link.call(async () => new Map(Object.entries(await main.hgetallBuffer(nameOf(key))))),
  };
}

function checked(key: string, value: Buffer): Buffer {
  if (value.length === 0 || value.length > MAX_VALUE_BYTES) {
    const [kind] = key.split('/');
    throw new EngineError(`A value of the fleet (${kind}) has ${value.length === 0 ? 'no' : 'too many'} bytes.`);
  }
  return value;
}
