/** What machines note of the jobs that they take, on the server: it outlives them. */
import type {Story} from '../core/fleet/messages';
import {parseStory} from '../core/fleet/parseMessages';
import type {FleetConnection} from './fleetConnection';
import {jsonBytes, parsed, type Place} from './sealedValues';

export class JobStories {
  readonly #fleet: Pick<FleetConnection, 'values' | 'names' | 'clock' | 'machine'>;
  readonly #plan: string;

  /** @param plan the id of the plan */
  constructor(fleet: Pick<FleetConnection, 'values' | 'names' | 'clock' | 'machine'>, plan: string) {
    this.#fleet = fleet;
    this.#plan = plan;
  }

  async of(job: string): Promise<Story[]> {
    return this.#fleet.values.list(this.#placeOf(job), bytes => parsed(bytes, 'a note of a machine', parseStory));
  }

  /** @param token the lease under which this machine has, or had, the job */
  add(job: string, token: string, what: Story['what']): Promise<void> {
    const {values, clock, machine} = this.#fleet;
    const story: Story = {machine: machine.id, name: machine.name, token, at: clock.now(), what};
    return values.append(this.#placeOf(job), jsonBytes(story));
  }

  #placeOf(job: string): Place {
    return {key: this.#fleet.names.stories(this.#plan, job), kind: 'story', about: [this.#plan, job]};
  }
}
