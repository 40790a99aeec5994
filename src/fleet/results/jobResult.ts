/** What a machine has to say of a job: all that each machine's Jest is told of it. */
import type {FileRecord, NodeRecords} from '../../core/plan/durations';
import type {CutTests} from '../../core/wire/fileCut';
import type {ToldName} from '../../recording/lines';

export interface JobResult {
  /** The id of the machine. */
  readonly machine: string;
  /** In the order of the job's files. */
  readonly files: readonly FileResult[];
}

export interface FileResult {
  /** Its place in the list of files of the collection. */
  readonly file: number;
  /** What Jest is told, in its order; the last one is the file's end. Of an empty part: no end. */
  readonly told: readonly ToldEvent[];
  /** The ids of the sources that the coverage in `told` names. */
  readonly sources: readonly string[];
  /** Of a part of a file that is cut: which tests it has. null: the file is not cut, or failed before it was listed. */
  readonly cut: (CutTests & {readonly unchecked: readonly string[]}) | null;
  /** For the durations; null: nothing new is known. */
  readonly record: FileRecord | null;
  /** With `dist: 'each'`, in place of `record`. Not set: the file does not run on each node. */
  readonly onNodes?: NodeRecords;
  /** When the file began, by the server's clock, in ms since the epoch; and how long it took, in ms. */
  readonly at: number;
  readonly ms: number;
  /** The worker that ended it; null: none ran it. */
  readonly slot: number | null;
}

export interface ToldEvent {
  readonly name: ToldName;
  /** As `ToldEncoder.encode` makes it. */
  readonly data: unknown;
}
