/** All events of a replaying run: those of its recordings, one recording after the other. */
import type {ReplayOrder} from './order';
import {recordedEvents, type RecordedEvent, type ReplayEvent} from './recordedEvents';
import {SharedFiles, type ToolsOf} from './sharedFiles';

/**
 * @param maps where the source maps of coverage are written
 * @param toolsOf what merges the parts of a file
 */
export function* toldEvents(order: ReplayOrder, maps: string, toolsOf: ToolsOf): Generator<ReplayEvent> {
  const shared = new SharedFiles(order, toolsOf);
  const warned = new Set<string>();
  for (const [recording, {path, root, files}] of order.recordings.entries()) {
    const warnings = new Set<string>();
    for (const event of recordedEvents({path, root, fileCount: files.length, maps})) {
      if (event.type === 'warning') {
        // What each shard of a run warns of, one run would have warned of once.
        if (!warned.has(event.text)) yield event;
        warnings.add(event.text);
      } else {
        yield* shared.take(recording, inRun(event, files));
      }
    }
    for (const text of warnings) warned.add(text);
    yield* shared.endOf(recording);
  }
}

/** @param files for each file of the recording, its index in the run */
function inRun<E extends RecordedEvent>(event: E, files: readonly number[]): E {
  return 'file' in event ? {...event, file: files[event.file] ?? event.file} : event;
}
