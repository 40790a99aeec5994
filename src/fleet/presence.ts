/** Who takes part in a run, as the machines say themselves; and which of them is out of work. */
import type {Hunger, MachineStatus} from '../core/fleet/messages';
import {parseHunger, parseMachineStatus} from '../core/fleet/parseMessages';
import type {FleetConnection} from './fleetConnection';
import {jsonBytes, parsed, type Place} from './sealedValues';

/** A machine that has said nothing for so many pulses is taken to be gone. */
const PULSES_TO_MISS = 5;

/** A machine speaks at least so often (ms). */
const LONGEST_PULSE_MS = 1000;

/** @param leaseMs of which a machine misses none if one beat is late @returns how often (ms) machines speak */
export function pulseOf(leaseMs: number): number {
  return Math.min(LONGEST_PULSE_MS, leaseMs / 3);
}

export class Presence {
  readonly #fleet: Pick<FleetConnection, 'values' | 'names' | 'clock' | 'machine'>;
  readonly #pulseMs: number;

  constructor(fleet: Pick<FleetConnection, 'values' | 'names' | 'clock' | 'machine' | 'leaseMs'>) {
    this.#fleet = fleet;
    this.#pulseMs = pulseOf(fleet.leaseMs);
  }

  say(status: Omit<MachineStatus, 'machine' | 'name' | 'at'>): Promise<void> {
    const {values, clock, machine} = this.#fleet;
    const full: MachineStatus = {machine: machine.id, name: machine.name, at: clock.now(), ...status};
    return values.putField(this.#machines, machine.id, jsonBytes(full));
  }

  async all(): Promise<MachineStatus[]> {
    const fields = await this.#fleet.values.fields(this.#machines);
    return [...fields.values()].map(bytes => parsed(bytes, 'the status of a machine', parseMachineStatus));
  }

  /** The machines that have said something lately, without this one and those that have said good-bye. */
  async others(): Promise<MachineStatus[]> {
    return this.othersOf(await this.all());
  }

  /** As `others`, of what all machines have said. */
  othersOf(all: readonly MachineStatus[]): MachineStatus[] {
    const {machine} = this.#fleet;
    return all.filter(({machine: id, at, state}) => id !== machine.id && state !== 'left' && this.isRecent(at));
  }

  async tellHunger(idle: number): Promise<void> {
    const {values, clock, machine} = this.#fleet;
    const hunger: Hunger = {machine: machine.id, at: clock.now(), idle};
    await values.put(this.#hunger, jsonBytes(hunger));
  }

  /** Whether another machine has said lately that it is out of work. */
  async othersAreOutOfWork(): Promise<boolean> {
    const {values, machine} = this.#fleet;
    const bytes = await values.get(this.#hunger);
    if (bytes === null) return false;
    const hunger = parsed(bytes, 'what a machine says', parseHunger);
    return hunger.machine !== machine.id && this.isRecent(hunger.at);
  }

  /** Whether a machine that spoke at that time, by the server's clock, is taken to be there. */
  isRecent(at: number): boolean {
    return this.#fleet.clock.now() - at < PULSES_TO_MISS * this.#pulseMs;
  }

  get #machines(): Place {
    return {key: this.#fleet.names.machines, kind: 'machine', about: []};
  }

  get #hunger(): Place {
    return {key: this.#fleet.names.hunger, kind: 'hunger', about: []};
  }
}
