import type {RecordedProject} from '../../../src/recording/lines';
import {checkConfigs} from '../../../src/replay/mergedRun';
import type {ShardHead} from '../../../src/replay/shardSet';
import {RUN} from '../../recordedRuns';

const project = (name: string, fingerprint: string): RecordedProject => ({id: 'x', name, rootDir: '', fingerprint});

/** @param projects with the id of each in this checkout */
function placed(index: number, projects: Readonly<Record<string, RecordedProject>>) {
  const shard: ShardHead['shard'] = {
    type: 'shard',
    index,
    count: 2,
    planHash: '',
    madeFrom: '',
    files: 0,
    ofOtherRunners: 0,
    withoutRecording: [],
  };
  const head: ShardHead = {path: `${index}.xdist`, run: {...RUN, projects: Object.values(projects)}, files: [], shard};
  return {head, configIds: Object.keys(projects)};
}

test('a project has one config in all shards; a shard may lack projects', () => {
  const [one, other] = [project('one', 'a'), project('other', 'b')];
  expect(() => checkConfigs([placed(1, {one, other}), placed(2, {other})])).not.toThrow();
  expect(() => checkConfigs([placed(1, {one, other}), placed(2, {other: project('other', 'c')})])).toThrow(
    'the config of the project "other" is not the same in shard 1 of 2 and shard 2 of 2 (1.xdist and 2.xdist).',
  );
});
