/**
 * A run in virtual time: the production scheduler, and workers that exist only as timers. One seed
 * replays a whole run. After every step the invariants of ARCHITECTURE.md are asserted.
 */
import {createSchedule} from '../../src/core/schedule/createSchedule';
import {digestOf} from '../../src/core/results/deadSession';
import type {Command, Remains, ScheduleEvent} from '../../src/core/schedule/events';
import {hasGroupSessions} from '../../src/core/schedule/fileSessions';
import {hasRemains} from '../../src/core/schedule/lostUnits';
import {freeCount, poolOf} from '../../src/core/schedule/pools';
import {isBystander, isWanted, sessionsOf} from '../../src/core/schedule/sessions';
import type {SchedulePlan, ScheduleState} from '../../src/core/schedule/state';
import {step} from '../../src/core/schedule/step';
import type {ScheduleLogLine} from '../../src/run/scheduleLog';
import {ArrivedUnits, type ArrivalTally} from './arrivedUnits';
import {Exclusions, type ExclusionTally} from './exclusions';
import {checkInvariants} from './invariants';
import {Ledger, type End, type Tally} from './ledger';
import {resultsOf, type Order} from './orders';
import {Machine} from './machine';
import type {DeathTally, Fate} from './testLedger';
import {UnitParts} from './unitParts';
import {TimerQueue} from '../../src/analysis/whatIf/timers';
import {SimulatedWorker, type OrderEnd, type Surroundings} from './worker';
import type {FixtureWorld, MachineWorld, SplitWorld, World} from './world';

export type {End, Tally} from './ledger';
export type {DeathTally} from './testLedger';
export type {JoinOutcome, SplitWorld, World} from './world';

export interface SimulationResult {
  readonly makespan: number;
  /** How often each unit was begun by the worker that had it first or alone, how often it began again, and how it ended. */
  readonly begun: Uint16Array;
  readonly again: Uint16Array;
  readonly ends: ReadonlyMap<number, End>;
  readonly events: number;
  readonly state: ScheduleState;
  /** Worker time (ms) spent idle between the first unit and the last, while units were pending elsewhere. */
  readonly starved: number;
  readonly tally: Readonly<Tally & DeathTally & ExclusionTally & ArrivalTally>;
  /** Where the number of workers follows the load: how often that has changed it, and the most workers there were. */
  readonly slots: {readonly grown: number; readonly shrunk: number; readonly most: number};
}

export interface SimulateOptions {
  /** Off for measuring: asserting costs more than scheduling. */
  readonly check?: boolean;
  /** The state is looked at after every so many events. Default: after each. */
  readonly checkEvery?: number;
  /** A run of more does not end by itself. Default 100,000. */
  readonly maxEvents?: number;
  /** What a run of the real thing would log. */
  readonly log?: (line: ScheduleLogLine) => void;
}

export function simulate(plan: SchedulePlan, world: World, options: SimulateOptions = {}): SimulationResult {
  return new Simulator(plan, world, options).run();
}

const END_COMMANDS: ReadonlySet<string> = new Set<Command['type']>(['report', 'merge', 'blame', 'abandon']);

const UNEVENTFUL: FixtureWorld = {setupMs: 0, teardownMs: 0, fails: []};

class Simulator implements Surroundings {
  readonly world: World;
  readonly ledger: Ledger;
  /** What the shell keeps of results. */
  readonly #parts = new UnitParts();
  readonly #exclusions: Exclusions;
  readonly #plan: SchedulePlan;
  readonly #check: boolean;
  readonly #checkEvery: number;
  readonly #maxEvents: number;
  readonly #log: ((line: ScheduleLogLine) => void) | undefined;
  readonly #state: ScheduleState;
  readonly #timers = new TimerQueue();
  readonly #workers = new Map<number, SimulatedWorker>();
  #now = 0;
  #starts = 0;
  readonly #setups = new Map<number, number>();
  /** Units that others come after. */
  readonly #leaders: ReadonlySet<number | null>;
  readonly #settled = new Set<number>();
  /** Units that have ended for the scheduler: the commands that say so come last in their step. */
  readonly #over = new Set<number>();
  readonly #arrived: ArrivedUnits;
  #events = 0;
  /** After how many events a worker held a unit behind another one. */
  #timesHeld = 0;
  #finished = false;
  #idleSince = new Map<number, number>();
  #starved = 0;
  readonly #machine: Machine | null;
  readonly #slots = {grown: 0, shrunk: 0, most: 0};

  constructor(plan: SchedulePlan, world: World, options: SimulateOptions) {
    const {check = true, checkEvery = 1, maxEvents = 100_000, log} = options;
    this.world = world;
    const {resume = true} = world;
    this.ledger = new Ledger(plan.units.length, resume, unit => this.#settle(unit));
    this.#exclusions = new Exclusions(plan, this.#workers, {
      ended: unit => this.#over.has(unit),
      settled: unit => this.#settled.has(unit),
    });
    this.#plan = {...plan, resumes: resume};
    this.#arrived = new ArrivedUnits(plan, this.ledger, unit => {
      for (const other of this.#workers.values()) if (other.alive && other.at === unit) return true;
      return false;
    });
    this.#leaders = new Set(plan.units.map(({after}) => after));
    this.#check = check;
    this.#checkEvery = checkEvery;
    this.#maxEvents = maxEvents;
    this.#log = log;
    this.#state = createSchedule(this.#plan);
    this.#machine = world.machine === undefined ? null : new Machine(world.machine.cores, this);
  }

  run(): SimulationResult {
    const {kills = [], stop} = this.world;
    this.#log?.({type: 'plan', at: 0, plan: this.#plan});
    for (const {at, slot} of kills) this.at(at, () => this.#workers.get(slot)?.kill());
    if (stop !== undefined) this.at(stop.at, () => this.#stop(stop));
    this.#expectArrivals();
    this.post({type: 'run-started'});
    const {machine: machineWorld} = this.world;
    if (machineWorld !== undefined && this.#machine !== null) {
      for (let count = 0; count < (machineWorld.others ?? 0); count++) this.#machine.compute(Infinity, () => {});
      if (this.#plan.growth !== null) this.#sampleLoad(machineWorld, this.#machine);
    }
    while (!this.#finished) {
      const timer = this.#timers.next();
      if (timer === null) throw new Error(`the run hangs at ${this.#now} ms: ${describe(this.#state)}`);
      this.#now = timer.at;
      timer.run();
    }
    if (this.#check) this.#checkEnd();
    const {begun, again, ends, tallies: tally} = this.ledger;
    return {
      makespan: this.#now,
      begun,
      again,
      ends,
      events: this.#events,
      state: this.#state,
      starved: this.#starved,
      tally: {...tally, ...this.#exclusions.tally, ...this.#arrived.tally},
      slots: this.#slots,
    };
  }

  now(): number {
    return this.#now;
  }

  at(time: number, run: () => void): void {
    this.#timers.at(time, run);
  }

  /** @param heard called with the commands, before they are carried out */
  post(event: ScheduleEvent, heard: (commands: readonly Command[]) => void = () => {}): void {
    if (this.#events++ > this.#maxEvents) throw new Error(`the run does not end: ${describe(this.#state)}`);
    const at = this.#now;
    this.#log?.({type: 'event', at, event});
    this.#arrived.hears(event, this.#state);
    const commands = step(this.#state, event, at);
    heard(commands);
    this.#arrived.hearsCommands(event, commands, this.#state);
    for (const unit of this.#arrived.neverComing(this.#state)) this.#over.add(unit);
    for (const command of commands)
      if (END_COMMANDS.has(command.type) && 'unit' in command) this.#over.add(command.unit);
    for (const command of commands) {
      this.#log?.({type: 'command', at, command});
      this.#carryOut(command, event);
    }
    if (this.#check && this.#events % this.#checkEvery === 0) this.#checkStep();
    this.#wantHeldBack();
  }

  /** As another machine's needs have it. What comes after the end of the run is not heard. */
  #expectArrivals(): void {
    const {arrivals} = this.world;
    if (arrivals === undefined) return;
    const post = (event: ScheduleEvent) => {
      if (!this.#finished) this.post(event);
    };
    for (const {at, type, units} of arrivals.moves)
      this.at(at, () => post({type: type === 'add' ? 'units-added' : 'units-wanted-back', units}));
    this.at(arrivals.noMoreAt, () => post({type: 'no-more-units'}));
  }

  #wantHeldBack(): void {
    const {arrivals} = this.world;
    const slot = this.#state.slots.find(({running, held}) => running !== null && held.length > 0);
    const unit = slot?.held.at(-1);
    if (unit === undefined || arrivals?.heldWanted?.includes(this.#timesHeld++) !== true) return;
    const units = arrivals.jobs?.find(job => job.includes(unit)) ?? [unit];
    this.at(this.#now, () => {
      if (!this.#finished) this.post({type: 'units-wanted-back', units});
    });
  }

  /** As src/run/dispatch.ts hears it. */
  unitDone({slot, generation}: SimulatedWorker, order: Order, {ms, opened, failed, retiring}: OrderEnd): void {
    const {unit, split} = order;
    const session = this.#state.slots[slot - 1]?.running ?? null;
    const wanted = session !== null && isWanted(session);
    this.ledger.ended(order, opened, failed);
    const tests = split !== null && opened && !failed ? resultsOf(order, split) : null;
    this.post({type: 'unit-done', slot, generation, unit, ms, retiring, failed, tests});
    if (wanted && opened && failed && !this.ledger.ends.has(unit)) {
      throw new Error(`unit ${unit} goes on though a session has failed`);
    }
  }

  /** As src/run/dispatch.ts hears it. */
  lost({slot, generation, journal, orders}: SimulatedWorker, order: Order | null, leftBy: number | null): void {
    const state = this.#state.slots[slot - 1];
    const session = state?.running ?? null;
    const running = session?.unit ?? null;
    const current = state?.generation === generation && state.status !== 'closing';
    const bystander = isBystander(session);
    const innocent = leftBy !== null && running !== null && leftBy !== running && !bystander;
    const inTheMidst = running !== null && !bystander && current && this.#state.stopped === null;
    const shared = running !== null && this.#state.files.get(running)?.shared === true;
    const noteFate = (commands: readonly Command[]) => {
      if (!inTheMidst || order?.unit !== running || order.split?.world.opens !== true) return;
      const {ended, running: tests, hook} = order.split;
      const opened = journal.some(({type}) => type === 'opened');
      this.ledger.died(order, {opened, ended, running: [...tests], hook, innocent, shared}, fateIn(commands, running));
    };
    if (bystander && session !== null && isWanted(session)) {
      if (sessionsOf(this.#state, session.unit).length === 1) this.ledger.tally.lastJoinersLost++;
    }
    for (const voided of orders.splice(0)) this.ledger.voided(voided, voided === order);
    this.#exclusions.tally.deaths++;
    const uncaught = leftBy === null ? null : `Error: left behind\n    at ${this.#pathOf(leftBy)}:1:1`;
    const death =
      uncaught === null ? ({kind: 'signal', signal: 'SIGKILL'} as const) : ({kind: 'exit', code: 1, uncaught} as const);
    this.post({type: 'slot-lost', slot, generation, death, journal: digestOf(journal, null)}, noteFate);
  }

  #pathOf(unit: number): string {
    return this.#plan.units[unit]!.file.path;
  }

  /** As src/run/dispatch.ts ends a run: a signal has what workers left reported, a bail-out has not. */
  #stop({reason}: NonNullable<World['stop']>): void {
    if (reason !== 'interrupted' || this.#state.finished) return this.post({type: 'stopped', reason});
    const alive = [...this.#workers.values()].filter(worker => worker.alive);
    const journals = alive.map(({slot, journal}) => ({slot, journal: digestOf(journal, null)}));
    this.post({type: 'stopped', reason, journals});
  }

  /** A stopped run hears nothing more of its workers' units. */
  hearsClosing(worker: SimulatedWorker): boolean {
    return this.#state.stopped === null && worker.alive;
  }

  spend(ms: number, computing: number, done: () => void): () => void {
    const machine = this.#machine;
    if (machine === null) {
      this.at(this.#now + ms, done);
      return () => {};
    }
    let stop = () => {};
    let stopped = false;
    // It waits in the middle: for an answer, say.
    const compute = (then: () => void) => {
      if (!stopped) stop = machine.compute((ms * computing) / 2, then);
    };
    compute(() => this.at(this.#now + ms * (1 - computing), () => compute(done)));
    return () => {
      stopped = true;
      stop();
    };
  }

  /** As src/run/machine/loadSampler.ts: looks at the load as long as there are units. */
  #sampleLoad(world: MachineWorld, machine: Machine): void {
    const {sampleEveryMs, cores, noise = [0], totalBytes, workerBytes} = world;
    let before = machine.idleMs;
    let samples = 0;
    const look = () => {
      if (this.#finished) return;
      const idle = (machine.idleMs - before) / sampleEveryMs + noise[samples++ % noise.length]!;
      before = machine.idleMs;
      const alive = [...this.#workers.values()].filter(worker => worker.alive).length;
      const load = {
        idleCores: Math.min(cores, Math.max(0, idle)),
        ms: sampleEveryMs,
        availableBytes: Math.max(0, totalBytes - alive * workerBytes),
        workerBytes: alive === 0 ? null : workerBytes,
      };
      this.#watchSlots(() => this.post({type: 'sampled', load}));
      // Where nothing else will happen the run hangs, and is to be seen to.
      if (this.#timers.size > 0) this.at(this.#now + sampleEveryMs, look);
    };
    this.at(this.#now + sampleEveryMs, look);
  }

  /** What comes of a sample is one of the changes that are counted. */
  #watchSlots(post: () => void): void {
    const before = this.#state.controller?.allowed ?? 0;
    post();
    const allowed = this.#state.controller?.allowed ?? 0;
    if (allowed > before) this.#slots.grown++;
    if (allowed < before) this.#slots.shrunk++;
  }

  begins(worker: SimulatedWorker, unit: number): void {
    if (!this.#check || this.#state.stopped !== null) return;
    this.#arrived.begins(unit);
    this.#exclusions.begins(worker, unit);
  }

  waits({slot}: SimulatedWorker, waits: boolean): void {
    const since = this.#idleSince.get(slot);
    if (!waits && since !== undefined) {
      this.#starved += this.#now - since;
      this.#idleSince.delete(slot);
    } else if (waits && this.#check) {
      this.#idleSince.set(slot, this.#now);
    }
  }

  #carryOut(command: Command, event: ScheduleEvent): void {
    const {world, ledger} = this;
    if (this.#finished) throw new Error(`a command after the finish: ${command.type}`);
    switch (command.type) {
      case 'start-slot':
        this.#start(command);
        return;
      case 'give':
        this.#worker(command).give(
          command.units.map(unit => {
            const whole = !hasGroupSessions(this.#state, unit);
            return ledger.give(unit, world.split?.get(unit), whole, whole ? null : this.#parts.resumption(unit));
          }),
        );
        return;
      case 'join': {
        const {unit} = command;
        this.#worker(command).give([ledger.join(unit, world.split?.get(unit), this.#parts.resumption(unit))]);
        return;
      }
      case 'take-back':
        this.#worker(command).takeBack(command.units);
        return;
      case 'give-tests': {
        const worker = this.#worker(command);
        const {order, split} = worker.wantedOrder(command.unit);
        ledger.giveTests(order, split, command.groups, command.last);
        worker.giveTests(order, command.groups, command.last);
        return;
      }
      case 'discard': {
        const worker = this.#worker(command);
        if (worker.closing) return;
        const {order, split} = worker.wantedOrder(command.unit);
        ledger.discard(order, split);
        worker.discard(order);
        return;
      }
      case 'keep-list':
      case 'tell':
      case 'units-ended':
      case 'give-back': // ArrivedUnits has looked at it
      case 'busy':
        return;
      case 'keep-part':
      case 'keep-remains':
        this.#parts.keep(command, event);
        return;
      case 'report':
        this.#report(command.unit);
        return;
      case 'merge': {
        const {unit, parts, remains} = command;
        const known = this.#parts.ends(unit, parts);
        const ends = [...known, ...(remains?.notRun ?? []).map(place => ({place, as: 'not run'}) as const)];
        const together = remains === null ? null : this.#parts.together(unit, remains.together);
        ledger.close(unit, this.#splitWorld(unit), endOf(remains), ends, together);
        this.#parts.forget(unit);
        return;
      }
      case 'interrupt':
        ledger.end(command.unit, 'interrupted');
        return;
      case 'resume':
        this.#parts.resume(command.unit, command.resumption);
        ledger.resume(command.unit);
        return;
      case 'begin-again':
        this.#parts.forget(command.unit);
        ledger.beginAgain(command.unit);
        return;
      case 'wake':
        if (command.at <= this.#now) throw new Error('a wake-up for the past');
        ledger.tally.wakes++;
        this.at(command.at, () => this.post({type: 'woken'}));
        return;
      case 'set-up-fixture': {
        const {fixture, slot, generation} = command;
        this.#exclusions.setsUp(fixture, command);
        const {setupMs, fails} = world.fixtures?.[fixture] ?? UNEVENTFUL;
        const setups = this.#setups.get(fixture) ?? 0;
        this.#setups.set(fixture, setups + 1);
        this.at(this.#now + setupMs, () => {
          const failed = fails[setups] === true;
          this.#exclusions.isUp(fixture, command, failed);
          this.post({type: failed ? 'fixture-failed' : 'fixture-up', fixture, slot, generation});
        });
        return;
      }
      case 'take-down-fixture': {
        const {fixture, slot, generation} = command;
        this.#exclusions.takesDown(fixture, command);
        this.at(this.#now + (world.fixtures?.[fixture] ?? UNEVENTFUL).teardownMs, () => {
          this.#exclusions.isGone(fixture, command);
          this.post({type: 'fixture-gone', fixture, slot, generation});
        });
        return;
      }
      case 'close-slot':
        this.#worker(command).close();
        return;
      case 'blame':
        this.#fail(command.unit, 'blamed');
        return;
      case 'abandon':
        this.#fail(command.unit, 'abandoned');
        return;
      case 'finish':
        this.#finished = true;
        return;
    }
  }

  /** A unit has ended that ran in one worker. */
  #report(unit: number): void {
    const world = this.world.split?.get(unit);
    if (world === undefined) this.ledger.end(unit, 'done');
    else this.ledger.close(unit, world, 'done', null, null);
  }

  #splitWorld(unit: number): SplitWorld {
    const world = this.world.split?.get(unit);
    if (world === undefined) throw new Error(`unit ${unit} has parts, and no tests`);
    return world;
  }

  /** As src/run/dispatch.ts: what a unit has come to is on disk some time after its end, where it is somebody's business. */
  #settle(unit: number): void {
    if (!this.#leaders.has(unit)) return;
    this.at(this.#now + this.world.latencyMs, () => {
      if (this.#finished) return;
      this.#settled.add(unit);
      this.post({type: 'unit-settled', unit});
    });
  }

  /** A unit has ended without any. */
  #fail(unit: number, end: End): void {
    this.ledger.tests.failed(unit);
    this.#parts.forget(unit);
    this.ledger.end(unit, end);
  }

  #start({slot, generation, node}: Extract<Command, {type: 'start-slot'}>): void {
    const before = this.#workers.get(slot);
    if (before?.alive === true) throw new Error(`slot ${slot} is started twice`);
    const {tally} = this.#exclusions;
    tally.starts++;
    if (before !== undefined && before.node !== node) tally.moved++;
    const worker = new SimulatedWorker(this, slot, generation, node);
    this.#workers.set(slot, worker);
    if (this.#check) {
      const alive = [...this.#workers.values()].filter(other => other.alive).length;
      if (alive > this.#plan.slots) throw new Error('more processes than slots');
      this.#checkStart(slot);
    }
    this.#slots.most = Math.max(this.#slots.most, [...this.#workers.values()].filter(other => other.alive).length);
    const stillborn = this.world.stillborn?.(this.#starts++) === true;
    worker.starts(
      this.spend(this.world.startMs, 1, () => {
        if (!worker.alive || worker.closing) return;
        if (stillborn) worker.kill();
        else this.post({type: 'slot-up', slot, generation});
      }),
    );
  }

  /** A worker more must be allowed, be the first that is missing, and find something to do. */
  #checkStart(slot: number): void {
    const {controller, slots} = this.#state;
    if (controller === null) return;
    if (slot > controller.allowed) throw new Error(`slot ${slot} is started, and ${controller.allowed} are allowed`);
    if (controller.allowed > controller.limit) throw new Error('more is allowed than the limit');
    if (slot <= controller.growth.from) return;
    const gap = slots.find(other => other.slot < slot && other.status === 'down' && other.barredFrom.size === 0);
    if (gap !== undefined && this.#plan.nodes === 1)
      throw new Error(`slot ${slot} is started, and ${gap.slot} is free`);
    const {idle} = poolOf(this.#state, slots[slot - 1]!);
    const free = [...idle].filter(other => other.groups.size === 0).length;
    // Several may be wanted for a file that is open, or will be; and one that takes from others may have asked already.
    const opens =
      this.#state.files.size > 0 || slots.some(({running}) => running !== null && running.status !== 'whole');
    const sure = !opens && this.#state.admission === null && !this.#plan.evenShares;
    if (free > 0 && sure) throw new Error(`slot ${slot} is started while another has nothing to do`);
  }

  #worker({slot, generation}: {slot: number; generation: number}): SimulatedWorker {
    const worker = this.#workers.get(slot);
    if (worker === undefined || worker.generation !== generation) throw new Error(`no worker ${slot}.${generation}`);
    return worker;
  }

  #checkStep(): void {
    checkInvariants(this.#state, this.ledger.ends, unit => hasRemains(this.#state.lost.get(unit)));
    for (const {slot, alive} of this.#workers.values()) {
      const status = this.#state.slots[slot - 1]?.status;
      if (alive && (status === 'down' || status === 'dead'))
        throw new Error(`nobody knows that slot ${slot} has a worker`);
    }
  }

  #checkEnd(): void {
    const {units} = this.#plan;
    for (const {slot, alive} of this.#workers.values()) if (alive) throw new Error(`slot ${slot} is left running`);
    const {ends, begun} = this.ledger;
    if (this.#state.stopped !== null) return;
    this.#exclusions.end();
    for (const {id} of units) {
      if (this.#arrived.isAbsent(id)) continue;
      if (!ends.has(id)) throw new Error(`unit ${id} was never reported`);
      if (ends.get(id) === 'done' && begun[id] === 0) throw new Error(`unit ${id} is done and never ran`);
    }
  }
}

function endOf(remains: Remains | null): End {
  if (remains === null) return 'merged';
  if (remains.because === 'interrupted') return 'interrupted';
  return remains.because === 'all-barren' || remains.because === 'restarts-spent' ? 'abandoned' : 'salvaged';
}

function fateIn(commands: readonly Command[], unit: number): Fate {
  const ofUnit = (type: Command['type']) =>
    commands.some(one => one.type === type && 'unit' in one && one.unit === unit);
  return ofUnit('blame') ? 'blame' : ofUnit('begin-again') ? 'whole' : 'kept';
}

function describe({slots, pools, unfinished, admission}: ScheduleState): string {
  const lines = slots.map(
    ({slot, node, status, running, held}) => `${slot}:${node}:${status} runs ${running?.unit} holds [${held.join()}]`,
  );
  const waiting = (admission?.queues ?? []).map(
    ({units, slot, replacing}) => `[${units.join()}] ${slot?.slot} ${replacing}`,
  );
  const fixtures = admission?.fixtures.all.map(({status}) => status).join();
  return `${unfinished} unfinished, ${pools.map(freeCount).join('+')} pending, ${lines.join('; ')}; waiting ${waiting.join('; ')}; fixtures ${fixtures}`;
}
