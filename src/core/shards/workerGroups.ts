/** Which files stay together. */
import type {WeighedFile} from './weights';

/** @returns each file that is in no worker group, alone, and each worker group: in the order of their first files */
export function togetherFiles(files: readonly WeighedFile[]): WeighedFile[][] {
  const groups = new Map<string, WeighedFile[]>();
  const together: WeighedFile[][] = [];
  for (const file of files) {
    const {workerGroup} = file.input;
    const group = workerGroup === null ? undefined : groups.get(workerGroup);
    if (group !== undefined) {
      group.push(file);
      continue;
    }
    const begun = [file];
    together.push(begun);
    if (workerGroup !== null) groups.set(workerGroup, begun);
  }
  return together;
}
