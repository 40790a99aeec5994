/** The recording of a real run can be replayed by the production scheduler. */
import {replay} from '../simulation/replay';
import {onLatestLine} from './project';

onLatestLine(
  'a recording holds every event and command of a run, with a death in it, and replays to the same commands',
  async (_line, make) => {
    const project = make({
      ...Object.fromEntries(Array.from({length: 12}, (_, index) => [`${index}.test.js`, 'test("a", () => {});'])),
      'dies.test.js': 'test("dies", () => process.exit(1));',
    });
    const {log} = await project.run(['-w', '3'], {env: {XDIST_IN_BAND: 'never'}});
    expect(replay(log)).toMatchObject({difference: null, state: {finished: true, unfinished: 0}});
    const events = log.flatMap(line => ('event' in line ? [line.event] : []));
    expect(events.filter(({type}) => type === 'unit-done')).toHaveLength(12);
    expect(events.filter(({type}) => type === 'slot-lost')).toHaveLength(1);
    // A recording that was tampered with is noticed: the comparison can fail.
    const tampered = log.filter(line => !('event' in line && line.event.type === 'unit-started'));
    expect(replay(tampered).difference).not.toBeNull();
  },
);
