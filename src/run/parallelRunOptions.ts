/** The parts of a run that a run over workers gets. */
import type {Arriving} from './arriving';
import type {Reports} from './files/reports';
import type {SharedFixtures} from './fixtures/sharedFixtures';
import type {PastRuns} from './past/pastRuns';
import type {Recorder} from './recording/recorder';
import type {RunRules} from './runRules';
import type {CutFiles} from './shard/cutFiles';
import type {Splittable} from './splittable';
import type {RunNode} from './workers/nodes';
import type {Faults} from './faults';

export interface ParallelRunOptions extends RunRules {
  /** null: all files are there from the beginning. */
  readonly arriving: Arriving | null;
  readonly splittable: Splittable;
  readonly cuts: CutFiles;
  readonly past: PastRuns;
  readonly reports: Reports;
  readonly runId: string;
  /** null: no file declares a fixture. */
  readonly sharedFixtures: SharedFixtures | null;
  readonly faults: Faults;
  readonly recorder: Recorder;
  /** Empty: all workers are like Jest's own process. */
  readonly nodes: readonly RunNode[];
}
