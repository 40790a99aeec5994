/** What each worker of a run does, from the lines of its schedule and from the tests that Jest hears of. Pure. */
import type {IdleReason, SchedulePlan} from '../core/schedule';
import type {SlotNumber} from '../core/plan/units';
import type {ScheduleLogLine} from '../run/scheduleLog';
import type {LiveWorkers} from '../run/liveRun';
import type {WorkerStatus} from '../run/workers/status';

export interface Lane {
  readonly slot: SlotNumber;
  readonly state: 'starts' | 'waits' | 'runs';
  /** The path of the file, absolute; null: none runs. */
  readonly path: string | null;
  /** What runs of the file, below its name; '': not known. */
  readonly name: string;
  /** For how long that has lasted, in ms. */
  readonly ms: number;
  /** How many workers run the file. */
  readonly sharers: number;
  /** What a worker waits for. null: it does not wait, or the reason is not known. */
  readonly waitsFor: WaitsFor | null;
}

export interface WaitsFor {
  readonly reason: IdleReason;
  /** The path of the file that the reason names, absolute; null: it names none. */
  readonly path: string | null;
}

/** What a slot does since a time. */
interface SlotUse {
  readonly state: Lane['state'];
  readonly path: string | null;
  readonly since: number;
}

/** The test that Jest has heard of last in a file. */
interface LastTest {
  /** Its titles, the outermost block first; empty: it has ended. */
  readonly titles: readonly string[];
  readonly at: number;
}

/** How far (ms) the clocks of two processes seem to be apart, because messages take their time. */
const SLACK_MS = 30;

/** The number of the one worker of a run in band: Jest's own process. */
const IN_BAND = 1;

export class Lanes {
  #plan: SchedulePlan | null = null;
  readonly #slots = new Map<SlotNumber, SlotUse>();
  readonly #tests = new Map<string, LastTest>();

  /** The most workers that there may be; null: their number does not follow the load of the machine. */
  get mostWorkers(): number | null {
    return this.#plan?.growth == null ? null : this.#plan.slots;
  }

  hear(line: ScheduleLogLine): void {
    if (line.type === 'plan') this.#plan = line.plan;
    else if (line.type === 'command') {
      if (line.command.type === 'start-slot') this.#set(line.command.slot, 'starts', null, line.at);
    } else if (line.type === 'event') {
      const {event, at} = line;
      if (event.type === 'unit-started') {
        this.#set(event.slot, 'runs', this.#plan?.units[event.unit]?.file.path ?? null, at);
      } else if (event.type === 'slot-up' || event.type === 'unit-done') this.#set(event.slot, 'waits', null, at);
      else if (event.type === 'slot-lost' || event.type === 'slot-closed') this.#slots.delete(event.slot);
    }
  }

  /** A file has begun in band. */
  fileBegan(path: string, at: number): void {
    this.#set(IN_BAND, 'runs', path, at);
  }

  /** A test of a file has begun. @param at by the clock of the run, in ms */
  testBegan(path: string, titles: readonly string[], at: number): void {
    this.#tests.set(path, {titles, at});
  }

  testEnded(path: string, at: number): void {
    this.#tests.set(path, {titles: [], at});
  }

  fileEnded(path: string): void {
    this.#tests.delete(path);
  }

  /** @param workers whose `statuses` are what the watchdogs say: right, but up to a second old */
  at(now: number, {statuses, whyIdle}: LiveWorkers): Lane[] {
    const said = statuses();
    const slots = [...this.#slots].sort(([a], [b]) => a - b);
    const sharers = new Map<string, number>();
    for (const [, {path}] of slots) {
      if (path !== null) sharers.set(path, (sharers.get(path) ?? 0) + 1);
    }
    return slots.map(([slot, {state, path, since}]) => {
      if (path === null) {
        const waitsFor = state === 'waits' ? this.#waitsFor(whyIdle(slot)) : null;
        return {slot, state, path, name: '', ms: now - since, sharers: 0, waitsFor};
      }
      const count = sharers.get(path) ?? 1;
      // Jest does not say which worker a test of a shared file is in.
      const test = count === 1 ? this.#tests.get(path) : undefined;
      return {slot, state, path, sharers: count, waitsFor: null, ...runningNow(now, since, test, said.get(slot))};
    });
  }

  #waitsFor(reason: IdleReason | null): WaitsFor | null {
    if (reason === null) return null;
    return {reason, path: 'unit' in reason ? (this.#plan?.units[reason.unit]?.file.path ?? null) : null};
  }

  #set(slot: SlotNumber, state: Lane['state'], path: string | null, since: number): void {
    this.#slots.set(slot, {state, path, since});
  }
}

/** Whichever of the two began last is what runs. */
function runningNow(
  now: number,
  since: number,
  test: LastTest | undefined,
  status: WorkerStatus | undefined,
): Pick<Lane, 'name' | 'ms'> {
  const statusSince = status?.name == null || status.name === '' ? -Infinity : now - status.ms;
  const lastHeard = Math.max(since, test?.at ?? -Infinity);
  if (status?.name != null && statusSince >= lastHeard - SLACK_MS) return {name: belowFile(status.name), ms: status.ms};
  if (test !== undefined && test.titles.length > 0) return {name: test.titles.join(' › '), ms: now - test.at};
  return {name: '', ms: now - lastHeard};
}

/** A status names the file first. */
function belowFile(name: string): string {
  const [, ...titles] = name.split(' › ');
  return titles.join(' › ');
}
