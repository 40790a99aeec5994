/**
 * A fleet in virtual time: the production policy (core/fleet) on machines that exist only as timers, and an engine with
 * leases. One world replays a whole run. What must hold is asserted when it happens, and at the end.
 */
import {openJobs} from '../../../src/core/fleet/entry';
import type {FleetPlan} from '../../../src/core/fleet/fleetPlan';
import {planFleet} from '../../../src/core/fleet/planFleet';
import {MOST_LOSSES, type Loss} from '../../../src/core/fleet/stories';
import {TimerQueue} from '../../../src/analysis/whatIf/timers';
import {inputOf} from '../../unit/core/shards/shardInputs';
import {Machine, outcomeOf, type Surroundings} from './machine';
import type {Lease} from './queue';
import {SimulatedServer, type Round} from './server';
import {randomOf, type Fate, type FleetWorld, type SimulatedJob, type SimulatedMachine} from './world';

export interface FleetEnd {
  /** When the last job was accepted, in ms. */
  readonly makespan: number;
  readonly rounds: readonly Round[];
  readonly machines: readonly Machine[];
  /** How many results were refused, because their lease had ended. */
  readonly refused: number;
  /** The ids of the jobs that were reported as the cause of deaths, by round. */
  readonly blamed: readonly (readonly string[])[];
  /** How many machines each job has killed, by round. */
  readonly kills: readonly ReadonlyMap<string, number>[];
  readonly events: number;
}

const MOST_EVENTS = 50_000;

/** A job costs so many machines at most: those that are counted, and one whose note was lost. */
const MOST_DEATHS = MOST_LOSSES + 1;

/** @param tells whether machines are told each result: that costs an event for each job and machine */
export function simulateFleet(world: FleetWorld, {tells = true}: {readonly tells?: boolean} = {}): FleetEnd {
  return new FleetSimulator(world, tells).run();
}

class FleetSimulator implements Surroundings {
  readonly server: SimulatedServer;
  /** In the order of the plan. */
  readonly jobs: SimulatedJob[];
  readonly totalMs: number;
  readonly lostMs: number;
  readonly #world: FleetWorld;
  readonly #timers = new TimerQueue();
  readonly #random: () => number;
  readonly #machines: Machine[] = [];
  readonly #accepted = new Map<Round, Set<string>>();
  readonly #blamed = new Map<Round, string[]>();
  readonly #kills = new Map<Round, Map<string, number>>();
  #toCome: number;
  #now = 0;
  #makespan = 0;
  #refused = 0;
  #plan: FleetPlan | null = null;

  constructor(
    world: FleetWorld,
    readonly tells: boolean,
  ) {
    this.#world = world;
    this.jobs = [...world.jobs];
    this.totalMs = world.jobs.reduce((sum, {expectedMs}) => sum + (expectedMs ?? 100), 0);
    this.lostMs = world.lostMs ?? 0;
    this.server = new SimulatedServer(world.leaseMs);
    this.#random = randomOf(world.seed);
    this.#toCome = world.machines.length;
  }

  run(): FleetEnd {
    const {machines, checkMs} = this.#world;
    for (const machine of machines) this.#bring(machine);
    this.#check(checkMs);
    let events = 0;
    for (let timer = this.#timers.next(); timer !== null; timer = this.#timers.next()) {
      if (this.tells && ++events > MOST_EVENTS) throw new Error(`the run does not end: ${this.#describe()}`);
      this.#now = timer.at;
      timer.run();
    }
    this.#checkEnd();
    const {rounds} = this.server;
    const blamed = rounds.map(round => this.#blamed.get(round) ?? []);
    const kills = rounds.map(round => this.#kills.get(round) ?? new Map<string, number>());
    const [makespan, refused] = [this.#makespan, this.#refused];
    return {makespan, rounds, machines: this.#machines, refused, blamed, kills, events};
  }

  now(): number {
    return this.#now;
  }

  at(time: number, run: () => void): void {
    this.#timers.at(time, run);
  }

  latency(): number {
    const [least, most] = this.#world.latencyMs;
    return least + (most - least) * this.#random();
  }

  planFirst(): FleetPlan {
    if (this.#plan !== null) return this.#plan;
    const width = String(this.jobs.length).length;
    const keys = this.jobs.map((_, index) => String(index).padStart(width, '0'));
    const plan = planFleet(
      this.jobs.map(({expectedMs, serial = false}, index) => inputOf(keys[index]!, expectedMs, {serial})),
      {
        id: '1',
        machines: this.#world.machines.length,
        collection: {
          files: keys,
          config: '',
          versions: {runner: '', jest: '', node: ''},
          commit: null,
          settings: {},
          nodes: [],
        },
      },
    );
    const order = plan.jobs.map(({files}) => this.jobs[files[0]!]!);
    for (const [index, job] of order.entries()) this.jobs[index] = job;
    return (this.#plan = plan);
  }

  accepted(round: Round, {id}: Lease): void {
    const ids = this.#accepted.get(round) ?? new Set();
    this.#accepted.set(round, ids);
    if (ids.has(id)) throw new Error(`job ${id} is accepted twice`);
    if (round.plan!.kept.some(({job}) => job === id)) throw new Error(`job ${id} runs again, though it was kept`);
    ids.add(id);
    this.#makespan = this.#now;
    if (!this.tells && round.jobs.completed.length < openJobs(round.plan!)) return;
    for (const machine of this.#machines) if (machine.round === round) machine.hearCompletion();
  }

  blamed(round: Round, job: string, losses: readonly Loss[]): void {
    const ids = this.#blamed.get(round) ?? [];
    this.#blamed.set(round, ids);
    ids.push(job);
    if (losses.length < MOST_LOSSES) throw new Error(`job ${job} is blamed, but has cost ${losses.length} machines`);
    for (const {name, begunAt} of losses) {
      const machine = this.#machines.find(other => other.name === name)!;
      const since = Math.max(begunAt, this.#now - this.#world.leaseMs);
      if (machine.state !== 'dead' && machine.link.awayUntil < since) {
        throw new Error(`job ${job} is blamed for ${name}, which was there all the time`);
      }
    }
  }

  killed(round: Round, job: string): void {
    const kills = this.#kills.get(round) ?? new Map<string, number>();
    this.#kills.set(round, kills);
    kills.set(job, (kills.get(job) ?? 0) + 1);
  }

  refused(): void {
    this.#refused++;
  }

  #bring({workers, at, fates = []}: SimulatedMachine): void {
    const machine = new Machine(`m${this.#machines.length}`, workers, this);
    this.#machines.push(machine);
    this.at(at, () => {
      this.#toCome--;
      machine.start();
    });
    for (const fate of fates) this.at(fate.at, () => this.#befall(machine, fate));
  }

  #befall(machine: Machine, fate: Fate): void {
    if (machine.state === 'done') return;
    switch (fate.what) {
      case 'killed':
        return machine.die();
      case 'leaves':
        return machine.leave();
      case 'paused':
        return machine.link.pause(fate.ms);
      case 'cut-off':
        return machine.link.cutOff(fate.ms);
    }
  }

  #check(everyMs: number): void {
    this.at(this.#now + everyMs, () => {
      this.server.check(this.#now);
      const isBusy = this.#machines.some(({state}) => state === 'enters' || state === 'works');
      if (isBusy || this.#toCome > 0) this.#check(everyMs);
      else if (!this.#isOver()) this.#rescue();
    });
  }

  #isOver(): boolean {
    const round = this.server.newest();
    return round !== null && round.jobs.completed.length === openJobs(round.plan!);
  }

  /** Somebody starts CI again: more machines than all deadly jobs can cost. */
  #rescue(): void {
    const deadly = this.jobs.filter(({killsAt}) => killsAt !== undefined).length;
    const count = deadly * MOST_DEATHS + 1;
    this.#toCome += count;
    const at = this.#now + this.#world.leaseMs;
    for (let index = 0; index < count; index++) this.#bring({workers: 2, at: at + index});
    this.#check(this.#world.checkMs);
  }

  #checkEnd(): void {
    if (this.server.newest() === null) throw new Error('nobody has planned');
    const ended = new Set<Round>();
    for (const {state, round, told, name} of this.#machines) {
      if (state === 'dead' || state === 'left') continue;
      if (state !== 'done' || round === null) throw new Error(`${name} does not end: ${this.#describe()}`);
      ended.add(round);
      const completed = this.tells ? round.jobs.completed.map(({id}) => id) : [];
      if (told.join() !== completed.join()) throw new Error(`${name} was told ${told.join()}`);
    }
    for (const round of ended) {
      const outcome = outcomeOf(round);
      const missing = round.plan!.jobs.filter(({id}) => !outcome.has(id));
      if (missing.length > 0 || outcome.size !== round.plan!.jobs.length) throw new Error('a result is missing');
    }
    if (!this.#isOver()) throw new Error(`the run does not end: ${this.#describe()}`);
  }

  #describe(): string {
    const round = this.server.newest();
    const machines = this.#machines.map(({name, state, held}) => `${name} ${state} ${held.size}`);
    const jobs = `${round?.jobs.completed.length} of ${round?.plan?.jobs.length}`;
    return `at ${this.#now} ms, ${jobs} jobs; ${machines.slice(-9).join(', ')}`;
  }
}
