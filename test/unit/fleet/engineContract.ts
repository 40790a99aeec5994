/** What each engine must do, in memory as on a server. */
import {
  EngineError,
  MAX_VALUE_BYTES,
  type Engine,
  type JobQueue,
  type NewJob,
  type QueueListener,
  type TakenJob,
} from '../../../src/fleet/engine/engine';

export interface EngineUnderTest {
  /** A machine of the run with that prefix. */
  connect(prefix: string, leaseMs: number): Promise<Engine>;
  /** Resolves when so many ms, or a little more, have passed on the server's clock. */
  pass(ms: number): Promise<void>;
}

/** The lease (ms) of a machine that a test lets lose its jobs. */
const SHORT_MS = 1_000;

/** The lease (ms) of all other machines: no busy computer is so slow that it ends. */
const FOREVER_MS = 600_000;

const bytes = (text: string) => Buffer.from(text);
const job = (id: string, priority = 1, data = bytes(`data of ${id}`)): NewJob => ({id, data, priority});

/** Hears a queue, and says when it has heard what a test waits for. */
class Hearing implements QueueListener {
  readonly heard: string[] = [];
  #available = 0;
  #wake = () => {};

  completed(id: string, value: Buffer): void {
    this.heard.push(`${id}: ${value.toString()}`);
    this.#wake();
  }

  available(): void {
    this.#available++;
    this.#wake();
  }

  async completions(count: number): Promise<readonly string[]> {
    await this.#until(() => this.heard.length >= count);
    return this.heard;
  }

  /** Resolves when a job may wait that this method has not told of. */
  async somethingWaits(): Promise<void> {
    await this.#until(() => this.#available > 0);
    this.#available = 0;
  }

  async #until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
  }
}

function follow(queue: JobQueue): Hearing {
  const hearing = new Hearing();
  queue.follow(hearing);
  return hearing;
}

export function testEngine(name: string, engine: () => EngineUnderTest): void {
  describe(name, () => {
    let runs = 0;
    let machines: Engine[] = [];
    let prefix: string;

    const join = async (leaseMs = FOREVER_MS, other = prefix): Promise<Engine> => {
      const machine = await engine().connect(other, leaseMs);
      machines.push(machine);
      return machine;
    };
    const takeOne = async (queue: JobQueue): Promise<TakenJob> => {
      const taken = await queue.take();
      expect(taken).not.toBeNull();
      return taken!;
    };
    /** Resolves when the lease of the job has ended. */
    const untilReturned = async (queue: JobQueue, id: string) => {
      while ((await queue.stateOf(id)) !== 'waiting') await engine().pass(SHORT_MS / 10);
    };

    beforeEach(() => {
      prefix = `xdist:run-${++runs}`;
    });
    afterEach(async () => {
      await Promise.all(machines.map(machine => machine.close()));
      machines = [];
    });

    describe('a queue', () => {
      test('gives the most urgent job first, and of two alike the one that was added first', async () => {
        const queue = (await join()).queue('jobs-1');
        await queue.add([job('c', 3), job('a1', 1), job('b', 2), job('a2', 1)]);
        await queue.add([job('first', 1), job('a0', 1)]);
        const order: string[] = [];
        for (let taken; (taken = await queue.take()) !== null;) order.push(taken.id);
        expect(order).toEqual(['a1', 'a2', 'first', 'a0', 'b', 'c']);
      });

      test('has a job once, in whatever state the job is', async () => {
        const queue = (await join()).queue('jobs-1');
        const again = () => queue.add([job('7', 1, bytes('other data'))]);
        await queue.add([job('7'), job('7')]);
        await again();
        expect(await queue.counts()).toEqual({waiting: 1, taken: 0, completed: 0});
        const taken = await takeOne(queue);
        expect(taken.data).toEqual(bytes('data of 7'));
        await again();
        expect(await queue.counts()).toEqual({waiting: 0, taken: 1, completed: 0});
        await queue.complete(taken, bytes('done'));
        await again();
        expect(await queue.counts()).toEqual({waiting: 0, taken: 0, completed: 1});
        expect(await queue.take()).toBeNull();
      });

      test('says in which state a job is', async () => {
        const queue = (await join()).queue('jobs-1');
        expect(await queue.stateOf('7')).toBe('missing');
        await queue.add([job('7')]);
        expect(await queue.stateOf('7')).toBe('waiting');
        const taken = await takeOne(queue);
        expect(await queue.stateOf('7')).toBe('taken');
        await queue.complete(taken, bytes('done'));
        expect(await queue.stateOf('7')).toBe('completed');
      });

      test('takes any id and any bytes', async () => {
        const queue = (await join()).queue('jobs-1');
        const data = Buffer.from(Array.from({length: 256}, (_, byte) => byte));
        const ids = ['7', '007', 'wait', 'a:b', 'ü/%20 ', 'x'.repeat(200)];
        await queue.add(ids.map(id => job(id, 1, data)));
        for (const id of ids) {
          const taken = await takeOne(queue);
          expect(taken).toMatchObject({id, data});
          expect(await queue.complete(taken, data)).toBe(true);
        }
      });

      test('gives each job to one of many that take at once', async () => {
        const queues = await Promise.all(['a', 'b', 'c'].map(async () => (await join()).queue('jobs-1')));
        const ids = Array.from({length: 60}, (_, index) => String(index));
        await Promise.all(queues.map(queue => queue.add(ids.map(id => job(id)))));
        const taken = await Promise.all(
          queues.flatMap(queue => Array.from({length: 25}, () => queue.take().then(one => one?.id ?? null))),
        );
        const given = taken.filter(id => id !== null);
        expect(given.sort((a, b) => Number(a) - Number(b))).toEqual(ids);
        expect(taken).toHaveLength(75);
      });

      test('is not another queue', async () => {
        const machine = await join();
        await machine.queue('jobs-1').add([job('7')]);
        expect(await machine.queue('jobs-2').take()).toBeNull();
        expect((await takeOne(machine.queue('jobs-1'))).id).toBe('7');
      });

      test('is not the queue of another run', async () => {
        await (await join()).queue('jobs-1').add([job('7')]);
        const other = (await join(FOREVER_MS, `${prefix}:other`)).queue('jobs-1');
        expect(await other.take()).toBeNull();
        expect(await other.stateOf('7')).toBe('missing');
        expect(await other.counts()).toEqual({waiting: 0, taken: 0, completed: 0});
      });

      test('carries megabytes', async () => {
        const queue = (await join()).queue('jobs-1');
        const data = Buffer.alloc(5_000_000, 'some data ');
        await queue.add([job('7', 1, data)]);
        const taken = await takeOne(queue);
        expect(taken.data.equals(data)).toBe(true);
        const large = new Promise<Buffer>(resolve =>
          queue.follow({completed: (_, value) => resolve(value), available: () => undefined}),
        );
        await queue.complete(taken, data);
        expect((await large).equals(data)).toBe(true);
      });
    });

    describe('a lease', () => {
      test('that ends gives the job to another machine, and its holder can change nothing', async () => {
        const dead = (await join(SHORT_MS)).queue('jobs-1');
        await dead.add([job('7', 2)]);
        const old = await takeOne(dead);
        await untilReturned(dead, '7');
        const queue = (await join()).queue('jobs-1');
        const hearing = follow(queue);
        const taken = await takeOne(queue);
        expect(taken).toMatchObject({id: '7', data: bytes('data of 7'), endedLeases: 1});
        expect(old.endedLeases).toBe(0);
        expect(taken.token).not.toBe(old.token);

        expect(await dead.renew([old])).toEqual([old]);
        expect(await dead.giveBack(old)).toBe(false);
        expect(await dead.complete(old, bytes('of the dead'))).toBe(false);
        expect(await queue.stateOf('7')).toBe('taken');
        expect(await queue.complete(taken, bytes('of the living'))).toBe(true);
        expect(await dead.complete(old, bytes('of the dead'))).toBe(false);
        expect(await hearing.completions(1)).toEqual(['7: of the living']);
      });

      test('that ends makes its job the most urgent one', async () => {
        const slow = (await join(SHORT_MS)).queue('jobs-1');
        await slow.add([job('late', 3)]);
        await takeOne(slow);
        await untilReturned(slow, 'late');
        const queue = (await join()).queue('jobs-1');
        await queue.add([job('urgent', 1)]);
        expect((await takeOne(queue)).id).toBe('late');
        expect((await takeOne(queue)).id).toBe('urgent');
      });

      test('can be lost to oneself', async () => {
        const queue = (await join(SHORT_MS)).queue('jobs-1');
        await queue.add([job('7')]);
        let old = await takeOne(queue);
        for (;;) {
          await untilReturned(queue, '7');
          const taken = await takeOne(queue);
          const lost = await queue.renew([old, taken]);
          expect(await queue.complete(old, bytes('first'))).toBe(false);
          if (await queue.complete(taken, bytes('second'))) {
            expect(lost).toEqual([old]);
            return;
          }
          old = taken; // this process is so slow that it has lost this one, too
        }
      });

      test('that is renewed does not end', async () => {
        const machine = await join(SHORT_MS);
        /** @returns false: this process was too slow to renew the leases in time */
        const isKept = async (queue: JobQueue): Promise<boolean> => {
          await queue.add([job('7'), job('8')]);
          const begin = await machine.now();
          let safeUntil = begin + SHORT_MS;
          const taken = [await takeOne(queue), await takeOne(queue)];
          for (let now = begin; now < begin + 2.5 * SHORT_MS;) {
            await engine().pass(SHORT_MS / 10);
            now = await machine.now();
            const lost = await queue.renew(taken);
            if (lost.length > 0 && (await machine.now()) >= safeUntil) return false;
            expect(lost).toEqual([]);
            safeUntil = now + SHORT_MS;
          }
          return true;
        };
        for (let attempt = 1; !(await isKept(machine.queue(`jobs-${attempt}`)));) attempt++;
      });

      test('of a completed job is not renewed', async () => {
        const queue = (await join()).queue('jobs-1');
        await queue.add([job('7'), job('8')]);
        const taken = [await takeOne(queue), await takeOne(queue)];
        expect(await queue.take()).toBeNull();
        expect(await queue.complete(taken[0]!, bytes('done'))).toBe(true);
        expect(await queue.renew(taken)).toEqual([taken[0]]);
        expect(await queue.renew([])).toEqual([]);
      });

      test('is known by its token', async () => {
        const queue = (await join()).queue('jobs-1');
        await queue.add([job('7')]);
        const taken = await takeOne(queue);
        const forged = {...taken, token: 'another'};
        expect(await queue.renew([forged])).toEqual([forged]);
        expect(await queue.complete(forged, bytes('forged'))).toBe(false);
        expect(await queue.giveBack(forged)).toBe(false);
        expect(await queue.complete(taken, bytes('true'))).toBe(true);
      });
    });

    test('what is given back can be taken at once, with its urgency', async () => {
      const giver = (await join()).queue('jobs-1');
      const taker = (await join()).queue('jobs-1');
      const hearing = follow(taker);
      await giver.add([job('2', 2), job('1', 1), job('2b', 2)]);
      const taken = [await takeOne(giver), await takeOne(giver)];
      expect(taken.map(({id}) => id)).toEqual(['1', '2']);
      await hearing.somethingWaits();
      expect(await giver.giveBack(taken[1]!)).toBe(true);
      expect(await takeOne(taker)).toMatchObject({id: '2', endedLeases: 0});
      expect(await giver.giveBack(taken[0]!)).toBe(true);
      await hearing.somethingWaits();
      expect((await takeOne(taker)).id).toBe('1');
      expect(await takeOne(taker)).toMatchObject({id: '2b', endedLeases: 0});
      expect(await giver.giveBack(taken[0]!)).toBe(false);
      expect(await giver.complete(taken[0]!, bytes('too late'))).toBe(false);
    });

    test('all machines hear of all completions in one order, and one that comes late, too', async () => {
      const machines = await Promise.all([join(), join()]);
      const queues = machines.map(machine => machine.queue('jobs-1'));
      const early = queues.map(follow);
      const ids = Array.from({length: 40}, (_, index) => String(index));
      await queues[0]!.add(ids.map(id => job(id)));
      await Promise.all(
        queues.map(async (queue, at) => {
          for (let taken; (taken = await queue.take()) !== null;) await queue.complete(taken, bytes(`by ${at}`));
        }),
      );
      const late = follow((await join()).queue('jobs-1'));
      const order = await late.completions(ids.length);
      expect(new Set(order.map(line => line.split(':')[0]))).toEqual(new Set(ids));
      expect(await early[0]!.completions(ids.length)).toEqual(order);
      expect(await early[1]!.completions(ids.length)).toEqual(order);
      expect(await queues[0]!.counts()).toEqual({waiting: 0, taken: 0, completed: ids.length});
    });

    test('a machine hears that a job waits', async () => {
      const queue = (await join()).queue('jobs-1');
      const hearing = follow((await join()).queue('jobs-1'));
      await queue.add([job('7')]);
      await hearing.somethingWaits();
      expect((await takeOne(queue)).id).toBe('7');
    });

    describe('values', () => {
      test('are there for all machines of the run', async () => {
        const [one, other] = [(await join()).values, (await join()).values];
        expect(await one.put('result/a/7', bytes('first'))).toBe(true);
        expect(await one.put('result/a/7', bytes('second'))).toBe(true);
        expect(await other.get(['result/a/8', 'result/a/7'])).toEqual([null, bytes('second')]);
        expect(await other.get([])).toEqual([]);
      });

      test('may be written by the first alone', async () => {
        const [one, other] = [(await join()).values, (await join()).values];
        const written = await Promise.all([
          one.put('plan', bytes('one'), true),
          other.put('plan', bytes('other'), true),
        ]);
        expect([...written].sort()).toEqual([false, true]);
        expect(await one.get(['plan'])).toEqual([bytes(written[0] ? 'one' : 'other')]);
      });

      test('may be lists, in the order of appending', async () => {
        const [one, other] = [(await join()).values, (await join()).values];
        expect(await one.list('story/7')).toEqual([]);
        await one.append('story/7', bytes('first'));
        await other.append('story/7', bytes('second'));
        await one.append('story/7', bytes('first'));
        expect(await other.list('story/7')).toEqual([bytes('first'), bytes('second'), bytes('first')]);
      });

      test('may be records', async () => {
        const [one, other] = [(await join()).values, (await join()).values];
        expect(await one.fields('machines')).toEqual(new Map());
        await one.putField('machines', 'a', bytes('first'));
        await other.putField('machines', '__proto__', bytes('b'));
        await one.putField('machines', 'a', bytes('second'));
        expect(await other.fields('machines')).toEqual(
          new Map([
            ['a', bytes('second')],
            ['__proto__', bytes('b')],
          ]),
        );
      });

      test('are not those of another run, but for those that outlive runs', async () => {
        const [one, other] = [await join(), await join(FOREVER_MS, `${prefix}:other`)];
        await one.values.put('plan', bytes('of one'));
        expect(await other.values.get(['plan'])).toEqual([null]);
        await one.valuesOf(`${prefix}:series`, 60_000).put('durations', bytes('of all'));
        expect(await other.valuesOf(`${prefix}:series`, 60_000).get(['durations'])).toEqual([bytes('of all')]);
      });

      test('are megabytes, and not more', async () => {
        const {values} = await join();
        const value = Buffer.alloc(5_000_000, 'some data ');
        await values.put('large', value);
        expect((await values.get(['large']))[0]!.equals(value)).toBe(true);
        await expect(values.put('larger', Buffer.alloc(MAX_VALUE_BYTES + 1))).rejects.toThrow(EngineError);
        await expect(values.put('none', Buffer.alloc(0))).rejects.toThrow(EngineError);
      });
    });

    test('after the end of a connection its calls reject', async () => {
      const machine = await join();
      const queue = machine.queue('jobs-1');
      await queue.add([job('7')]);
      await machine.close();
      await machine.close();
      await expect(queue.take()).rejects.toThrow(EngineError);
      await expect(machine.values.get(['plan'])).rejects.toThrow(EngineError);
      await expect(machine.now()).rejects.toThrow(EngineError);
      expect(await (await join()).queue('jobs-1').stateOf('7')).toBe('waiting');
    });
  });
}
