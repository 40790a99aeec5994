/** The paths in the scheduler's plan, events and commands, in their recorded form. */
import type {Death} from '../../core/texts/deaths';
import type {Command, ScheduleEvent, SchedulePlan} from '../../core/schedule';
import type {RepoPaths} from '../../recording/repoPaths';

export class SchedulePaths {
  readonly #paths: RepoPaths;

  constructor(paths: RepoPaths) {
    this.#paths = paths;
  }

  plan(plan: SchedulePlan): SchedulePlan {
    const units = plan.units.map(unit => ({...unit, file: {...unit.file, path: this.#recorded(unit.file.path)}}));
    return {...plan, units};
  }

  event(event: ScheduleEvent): ScheduleEvent {
    return event.type === 'slot-lost' ? {...event, death: this.death(event.death)} : event;
  }

  command(command: Command): Command {
    if (command.type !== 'tell' || command.notice.type !== 'left-behind') return command;
    const {notice} = command;
    const running = notice.running === null ? null : this.#recorded(notice.running);
    const culprit = {...notice.culprit, path: this.#recorded(notice.culprit.path)};
    return {...command, notice: {...notice, running, culprit}};
  }

  death(death: Death): Death {
    if (death.kind === 'exit' && death.uncaught !== null) {
      return {...death, uncaught: this.#paths.framesToRecorded(death.uncaught)};
    }
    if (death.kind !== 'hung' || death.place.kind !== 'stack') return death;
    const frames = death.place.frames.map(frame => ({...frame, path: this.#recorded(frame.path)}));
    return {...death, place: {...death.place, frames}};
  }

  /** A path outside of the repository stays as it is: it is that of a package or of Node. */
  #recorded(path: string): string {
    return this.#paths.toRecorded(path) ?? path;
  }
}
