/**
 * Checks what a line of a recording says of earlier lines: that the files, units, slots and fixtures that it names are
 * there. `parseLine` has checked the line itself.
 */
import type {Command, ScheduleEvent, SchedulePlan} from '../core/schedule';
import type {PlanLine, RecordingLine} from './lines';

export class References {
  #projects: number | null = null;
  #files: number | null = null;
  #plan: SchedulePlan | null = null;

  /**
   * Notes the next line.
   *
   * @returns what is wrong with it, as a clause; null: nothing
   */
  check(line: RecordingLine): string | null {
    switch (line.type) {
      case 'run':
        if (this.#projects !== null) return 'it is the second line of the type "run"';
        this.#projects = line.projects.length;
        return null;
      case 'files': {
        if (this.#files !== null) return 'it is the second line of the type "files"';
        this.#files = line.files.length;
        const unknown = line.files.find(({project}) => project >= (this.#projects ?? 0));
        return unknown === undefined ? null : `it names the project ${unknown.project}, which the run does not have`;
      }
      case 'plan':
        return this.#checkPlan(line);
      case 'event':
        return this.#checkStep(line.event);
      case 'command':
        return this.#checkStep(line.command);
      case 'groups':
        return this.#checkUnits([line.unit]);
      case 'share':
        return this.#checkFiles([line.file]) ?? (line.unit === null ? null : this.#checkUnits([line.unit]));
      case 'cut':
      case 'elsewhere':
      case 'file':
        return this.#checkFiles([line.file]);
      case 'told':
        return line.file === null ? null : this.#checkFiles([line.file]);
      case 'process':
      case 'ahead':
      case 'death':
      case 'warning':
      case 'load':
      case 'source':
      case 'shard':
      case 'fleet':
      case 'end':
        return null;
    }
  }

  #checkPlan({plan, files}: PlanLine): string | null {
    if (this.#plan !== null) return 'it is the second line of the type "plan"';
    if (files.length !== plan.units.length) {
      return `it names ${files.length} files for ${plan.units.length} units`;
    }
    this.#plan = plan;
    return this.#checkFiles(files);
  }

  #checkStep(step: ScheduleEvent | Command): string | null {
    if (this.#plan === null) return 'it comes before the plan';
    const {slots, fixtures, nodes} = this.#plan;
    const fields = step as Readonly<Record<string, unknown>>;
    const {slot, fixture, node} = fields;
    if (typeof slot === 'number' && slot > slots) return `it names the slot ${slot}, and the plan has ${slots}`;
    if (typeof fixture === 'number' && fixture >= fixtures.length) return `it names the fixture ${fixture}, ${NO_SUCH}`;
    if (typeof node === 'number' && node >= nodes) return `it names the node ${node}, ${NO_SUCH}`;
    const units = [fields.unit, fields.units, fields.asked].flat().filter(unit => typeof unit === 'number');
    return this.#checkUnits(units);
  }

  #checkFiles(files: readonly number[]): string | null {
    const unknown = files.find(file => file >= (this.#files ?? 0));
    return unknown === undefined ? null : `it names the file ${unknown}, which is not in the list of files`;
  }

  #checkUnits(units: readonly number[]): string | null {
    const unknown = units.find(unit => unit >= (this.#plan?.units.length ?? 0));
    return unknown === undefined ? null : `it names the unit ${unknown}, ${NO_SUCH}`;
  }
}

const NO_SUCH = 'which is not in the plan';
