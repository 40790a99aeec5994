/** Collections for tests. */
import type {Collection} from '../../../../src/core/fleet/collection';

export function collectionOf(files: readonly string[], fields: Partial<Collection> = {}): Collection {
  return {
    files,
    config: 'c1',
    versions: {runner: '1.0.0', jest: '30.5.0', node: '24'},
    commit: null,
    settings: {},
    nodes: [],
    ...fields,
  };
}
