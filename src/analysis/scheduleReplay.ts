/** Feeds the events of a recorded run to the scheduler again, and compares its commands with the recorded ones. */
import {createSchedule, step, type Command, type ScheduleEvent, type ScheduleState} from '../core/schedule';
import type {EventLine, PlanLine, RecordingLine} from '../recording/lines';

/** An event of the run, with the commands that followed. */
export interface RecordedStep {
  readonly at: number;
  readonly event: ScheduleEvent;
  readonly commands: readonly Command[];
}

export function planOf(lines: readonly RecordingLine[]): PlanLine | null {
  return (lines.find(({type}) => type === 'plan') as PlanLine | undefined) ?? null;
}

export function recordedSteps(lines: readonly RecordingLine[]): RecordedStep[] {
  const steps: (EventLine & {commands: Command[]})[] = [];
  for (const line of lines) {
    if (line.type === 'event') steps.push({...line, commands: []});
    else if (line.type === 'command') steps.at(-1)?.commands.push(line.command);
  }
  return steps;
}

/**
 * Replays a run. The state is that of the run as long as the scheduler decides as it did then: a scheduler of another
 * version may decide differently, and so does any after events that no run has had.
 */
export class ScheduleReplay {
  /** null: the scheduler has decided differently, so nothing is known of the state any more. */
  #state: ScheduleState | null;
  #count = 0;
  #problem: string | null = null;

  constructor({plan}: PlanLine) {
    this.#state = this.#try(() => createSchedule(plan));
  }

  /** null: it is unknown from here on. */
  get state(): ScheduleState | null {
    return this.#state;
  }

  /** Why the state is unknown, as a sentence; null: it is known. */
  get problem(): string | null {
    return this.#problem;
  }

  /** @returns the scheduler's commands; null: the state is unknown */
  next({at, event, commands}: RecordedStep): readonly Command[] | null {
    const state = this.#state;
    if (state === null) return null;
    this.#count++;
    const decided = this.#try(() => step(state, event, at));
    if (decided !== null && !isSame(decided, commands)) {
      this.#problem = `From event ${this.#count} on (${event.type}), the scheduler of this version decides differently.`;
    }
    if (this.#problem !== null) this.#state = null;
    return decided;
  }

  /** The run is not replayed any further. */
  giveUp(problem: string): void {
    this.#problem ??= problem;
    this.#state = null;
  }

  #try<T>(run: () => T): T | null {
    try {
      return run();
    } catch (error) {
      // Only the events of no run can do that.
      this.#problem = `The schedule cannot be replayed after event ${this.#count}: ${(error as Error).message}.`;
      return null;
    }
  }
}

/** Whether two values that JSON can hold are the same, in whatever order the fields of their objects are. */
export function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [left, right] = [one as Record<string, unknown>, other as Record<string, unknown>];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every(key => Object.hasOwn(right, key) && isSame(left[key], right[key]))
  );
}
