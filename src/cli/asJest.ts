/** `jest-runner-xdist show --as-jest`: the project's own Jest is told recordings, one after the other. */
import {checkDisjoint, placeRecording} from '../replay/checkedRecordings';
import type {RecordingOrder} from '../replay/order';
import {checkRunners} from '../replay/projects';
import {readThrough} from '../replay/recordedParts';
import {replay, type Kind, type ReplayOptions} from '../replay/replay';

/** @returns the exit code: Jest's own, or 2 if the recordings cannot be told */
export function showAsJest(options: ReplayOptions): Promise<number> {
  return replay(AS_RECORDED, options);
}

const AS_RECORDED: Kind = {
  name: 'replay',
  plan: (heads, checkout, {withoutProjects}, maps) => {
    const placed = heads.map(head => placeRecording(head, checkout));
    checkDisjoint(placed);
    const files = placed.flatMap(recording => recording.files);
    checkRunners(checkout, new Set(files.map(({configId}) => configId)), withoutProjects);
    let first = 0;
    const recordings = placed.map(({path, root, files: own}): RecordingOrder => {
      const indexes = own.map((_, index) => first + index);
      first += own.length;
      return {path, root, files: indexes};
    });
    const problems = placed.flatMap(recording => {
      const {problem} = readThrough(recording, maps);
      return problem === null ? [] : [`${recording.path}: ${problem}`];
    });
    return {order: {files, recordings, shared: []}, settings: heads[0].run.jest, problems};
  },
};
