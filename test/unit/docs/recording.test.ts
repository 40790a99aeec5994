/** That the examples of docs/recording.md are lines of a recording, and that none is missing. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {parseLine} from '../../../src/recording/parseLine';
import {References} from '../../../src/recording/references';

const page = readFileSync(join(__dirname, '../../../docs/recording.md'), 'utf8');
/** A block is one line of a recording, written over several lines; or several lines. */
const examples = [...page.matchAll(/```json\n(.*?)```/gs)].flatMap(([, block = '']) =>
  /^\{$/m.test(block) ? [block] : block.trim().split('\n'),
);

test('each example is read as it is written', () => {
  const references = new References();
  for (const example of examples) {
    const line = parseLine(JSON.parse(example));
    expect(line).toEqual(JSON.parse(example));
    expect(references.check(line!)).toBeNull();
  }
});

test('there is an example of each kind of line', () => {
  const kinds = new Set(examples.map(example => (JSON.parse(example) as {type: string}).type));
  expect([...kinds].sort()).toEqual(
    ['run', 'files', 'plan', 'event', 'command', 'groups', 'process', 'ahead', 'share', 'file', 'death', 'warning']
      .concat(['load', 'told', 'source', 'end', 'shard', 'cut', 'elsewhere', 'fleet'])
      .sort(),
  );
});
