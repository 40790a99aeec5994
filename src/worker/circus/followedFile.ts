/** A file that runs whole. It keeps a journal and decides nothing about the tests. */
import type {Circus} from '@jest/types';
import {monotonicMs} from '../../pristine/clock';
import {probe} from '../jestProbes';
import {collect} from './collection';
import type {Journal} from '../guard/journal';
import type {Phases} from '../guard/phases';
import {Recorder} from './recorder';
import {SnapshotWatch} from './snapshots';
import {handleEvents, snapshotStateOf, type CircusFile, type TestEnvironment} from './testFramework';

export class FollowedFile implements CircusFile {
  readonly #journal: Journal;
  readonly #phases: Phases;
  readonly #keepsObsolete: boolean;
  readonly #startedAt = monotonicMs();
  #recorder: Recorder | null = null;

  /** @param keepsObsolete whether Jest keeps snapshots that have no test in the file, even with -u */
  constructor(journal: Journal, phases: Phases, keepsObsolete = false) {
    this.#journal = journal;
    this.#phases = phases;
    this.#keepsObsolete = keepsObsolete;
  }

  attach(environment: TestEnvironment, circus: {readonly concurrentFileWide: boolean}): void {
    this.#phases.codeBegins();
    let expect: unknown = null;
    // The user's handler of events runs between tests.
    const holdsEnds = environment.handleTestEvent === undefined;
    const recorder = new Recorder({journal: this.#journal, phases: this.#phases, environment, holdsEnds});
    this.#recorder = recorder;
    const note = (event: Circus.Event, state: Circus.State) => {
      if (event.name === 'setup') expect = event.runtimeGlobals.expect;
      if (event.name === 'run_start') {
        this.#open(recorder, state, snapshotStateOf(expect), circus.concurrentFileWide);
        expect = null;
      }
      recorder.note(event, state);
      if (event.name === 'run_finish') recorder.release();
    };
    const follows = handleEvents(environment, (event, state, pass) => {
      // The user's environment may take tests out of the file before they are listed.
      if (event.name === 'run_start') return Promise.resolve(pass()).then(() => note(event, state));
      note(event, state);
      return pass();
    });
    if (!follows) this.#journal.skip();
  }

  #open(recorder: Recorder, state: Circus.State, snapshotState: unknown, concurrentFileWide: boolean): void {
    if (!probe('circusState', state)) return this.#journal.skip();
    try {
      const snapshots = SnapshotWatch.of(snapshotState, () => undefined);
      if (this.#keepsObsolete) snapshots?.keepObsolete();
      const collection = collect(state, {granularity: 'tests', grouping: 'none', concurrentFileWide});
      recorder.opened(collection, snapshots, monotonicMs() - this.#startedAt);
    } catch {
      this.#journal.skip(); // an unknown jest-circus: its tests run nevertheless
    }
  }

  told(name: string, payload: unknown): void {
    this.#recorder?.told(name, payload);
  }
}
