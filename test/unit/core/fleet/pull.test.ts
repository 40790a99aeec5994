import {Pull, type PulledJob} from '../../../../src/core/fleet/pull';

function jobOf(id: string, expectedMs: number | null, fields: Partial<PulledJob> = {}): PulledJob {
  return {id, expectedMs, serial: false, suspect: false, ...fields};
}

/** A machine whose workers run one job each. */
class Machine extends Pull {
  readonly #running = new Set<string>();

  override began(id: string, now: number): void {
    super.began(id, now);
    this.setBusy(this.#running.add(id).size);
  }

  override ended(id: string, now: number): void {
    this.#running.delete(id);
    this.setBusy(this.#running.size);
    super.ended(id, now);
  }
}

/** Takes jobs of a length until the machine wants no more. @returns how many it took */
function fill(pull: Pull, expectedMs: number | null, now = 0): number {
  let count = 0;
  while (pull.wantsMore(now) && count < 1000) {
    pull.asked();
    pull.took(jobOf(`${now} ${count++}`, expectedMs), now);
  }
  return count;
}

function take(pull: Pull, job: PulledJob, now = 0): void {
  pull.asked();
  pull.took(job, now);
}

describe('a machine takes', () => {
  test('a job for each idle worker, and no long job beside', () => {
    expect(fill(new Machine(4), 5000)).toBe(4);
  });

  test('short jobs up to its high watermark, when it holds less than the low one', () => {
    const pull = new Machine(2, {low: 100, high: 200});
    expect(fill(pull, 10)).toBe(40);
    const run = (job: number) => {
      pull.began(`0 ${job}`, 0);
      pull.ended(`0 ${job}`, 0);
    };
    for (const job of Array(20).keys()) run(job);
    expect(pull.wantsMore(0)).toBe(false);
    run(20);
    expect(fill(pull, 10, 1)).toBe(21);
  });

  test('nothing behind long jobs', () => {
    const pull = new Machine(2);
    for (const id of ['a', 'b']) {
      take(pull, jobOf(id, 30_000));
      pull.began(id, 0);
    }
    take(pull, jobOf('short', 10));
    expect(pull.wantsMore(0)).toBe(false);
    expect(pull.wantsMore(29_500)).toBe(true);
  });

  test('as many unknown jobs as it has workers, beside those that run', () => {
    const pull = new Machine(3);
    expect(fill(pull, null)).toBe(6);
    for (let job = 0; job < 3; job++) pull.began(`0 ${job}`, 0);
    expect(pull.wantsMore(0)).toBe(false);
  });

  test('no unknown job ahead where those before were long', () => {
    const pull = new Machine(1);
    take(pull, jobOf('a', null));
    pull.began('a', 0);
    pull.ended('a', 4000);
    expect(fill(pull, null, 4000)).toBe(1);
  });

  test('nothing while the queue is empty', () => {
    const pull = new Machine(2);
    pull.asked();
    pull.foundNothing();
    expect(pull.wantsMore(0)).toBe(false);
    expect(pull.hungryWorkers()).toBe(2);
    pull.available();
    expect(pull.hungryWorkers()).toBe(0);
    expect(pull.wantsMore(0)).toBe(true);
  });

  test('though a take that began before a job waited finds nothing', () => {
    const pull = new Machine(2);
    pull.asked();
    pull.available();
    pull.foundNothing();
    expect(pull.wantsMore(0)).toBe(true);
  });

  test('nothing beside a serial job, and is not hungry', () => {
    const pull = new Machine(4);
    take(pull, jobOf('alone', 1000, {serial: true}));
    pull.began('alone', 0);
    expect(pull.wantsMore(0)).toBe(false);
    expect(pull.hungryWorkers()).toBe(0);
    pull.ended('alone', 1000);
    expect(pull.wantsMore(1000)).toBe(true);
  });

  test('less ahead when little is left in the fleet', () => {
    const pull = new Machine(2);
    pull.setRest(0);
    expect(fill(pull, 10)).toBe(2);
  });

  test('nothing for workers that share a split file', () => {
    const pull = new Machine(4);
    take(pull, jobOf('split', 5000));
    pull.began('split', 0);
    pull.setBusy(4);
    expect(pull.wantsMore(0)).toBe(false);
    pull.setBusy(3);
    expect(pull.wantsMore(0)).toBe(true);
  });

  test('no more than 64 jobs at a time', () => {
    const pull = new Machine(100);
    let asked = 0;
    for (; pull.wantsMore(0); asked++) pull.asked();
    expect(asked).toBe(64);
    pull.dropped();
    expect(pull.wantsMore(0)).toBe(true);
  });
});

describe('a machine gives back', () => {
  const hungry = {othersAreOutOfWork: true};

  function busy(): Machine {
    const pull = new Machine(2);
    for (const id of ['a', 'b']) {
      take(pull, jobOf(id, 800));
      pull.began(id, 0);
    }
    for (const id of ['c', 'd', 'e']) take(pull, jobOf(id, 300));
    return pull;
  }

  test('nothing while all have work', () => {
    expect(busy().toGiveBack(0, {othersAreOutOfWork: false})).toEqual([]);
  });

  test('what waits, the last taken first', () => {
    expect(busy().toGiveBack(0, hungry)).toEqual(['e', 'd', 'c']);
  });

  test('but what begins soon', () => {
    expect(busy().toGiveBack(750, hungry)).toEqual(['e']);
  });

  test('but what its idle workers need', () => {
    const pull = busy();
    pull.ended('a', 100);
    expect(pull.toGiveBack(100, hungry)).toEqual(['e', 'd']);
  });

  test('what waits behind a job that takes much longer than expected', () => {
    expect(busy().toGiveBack(3000, hungry)).toEqual(['e', 'd', 'c']);
  });

  test('what waits for a serial job, and a serial job that waits', () => {
    const pull = new Machine(2);
    take(pull, jobOf('long', 5000));
    pull.began('long', 0);
    take(pull, jobOf('alone', 100, {serial: true}));
    expect(pull.toGiveBack(0, hungry)).toEqual(['alone']);
    const other = new Machine(2);
    take(other, jobOf('alone', 5000, {serial: true}));
    other.began('alone', 0);
    take(other, jobOf('a', 100));
    expect(other.toGiveBack(0, hungry)).toEqual(['a']);
  });

  test('and takes nothing ahead until others have work', () => {
    const pull = busy();
    for (const id of pull.toGiveBack(0, hungry)) pull.ended(id, 0);
    expect(pull.wantsMore(0)).toBe(false);
    pull.toGiveBack(0, {othersAreOutOfWork: false});
    expect(pull.wantsMore(0)).toBe(true);
  });
});

describe('of jobs that have each cost a machine', () => {
  const suspect = {suspect: true};

  test('one begins at a time, and others beside it', () => {
    const pull = new Machine(4);
    for (const id of ['s1', 's2']) take(pull, jobOf(id, 3000, suspect));
    take(pull, jobOf('a', 3000));
    expect(pull.toBegin(0)).toEqual(['s1', 'a']);
    expect(pull.toBegin(0)).toEqual([]);
    // The one that waits is no work for idle workers.
    for (const id of ['s1', 'a']) pull.began(id, 0);
    expect(pull.wantsMore(0)).toBe(true);
    pull.ended('s1', 3000);
    expect(pull.toBegin(3000)).toEqual(['s2']);
  });

  test('the second one goes to a machine that is out of work', () => {
    const pull = new Machine(4);
    for (const id of ['s1', 's2']) take(pull, jobOf(id, 3000, suspect));
    expect(pull.toGiveBack(0, {othersAreOutOfWork: true})).toEqual(['s2']);
  });

  test('the second one begins after 10 s if workers are idle and nothing else waits', () => {
    const pull = new Machine(4);
    for (const id of ['s1', 's2', 's3']) take(pull, jobOf(id, 60_000, suspect));
    expect(pull.toBegin(0)).toEqual(['s1']);
    pull.began('s1', 0);
    expect(pull.toBegin(10_000)).toEqual([]);
    pull.asked();
    pull.foundNothing();
    expect(pull.toBegin(9999)).toEqual([]);
    expect(pull.toBegin(10_000)).toEqual(['s2', 's3']);
  });

  test('one that is no longer held does not begin', () => {
    const pull = new Machine(4);
    take(pull, jobOf('a', 10));
    pull.ended('a', 0);
    expect(pull.toBegin(0)).toEqual([]);
  });
});
