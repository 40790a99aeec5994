/** What `npm run bench` is asked for: its parts, the Node, the lines of Jest. */
import {CommandError, parseCommand} from '../../../bench/command';

const PARTS = ['speed', 'watch'];
const parse = (...args: string[]) => parseCommand(args, PARTS);

test('by default every part runs on both lines of Jest, on the Node at hand', () => {
  expect(parse()).toEqual({parts: [], node: null, lines: ['30', '29'], pairs: null, cold: false});
});

test('parts, the Node, the line and how often it runs can be chosen', () => {
  expect(parse('watch', '--node', '24', '--line=30', '--pairs', '3', '--cold')).toEqual({
    parts: ['watch'],
    node: 24,
    lines: ['30'],
    pairs: 3,
    cold: true,
  });
});

test.each([
  [['spede'], 'There is no benchmark "spede": name speed or watch.'],
  [['--node', '23'], '--node must be 20, 22, 24, or 26; it is "23".'],
  [['--node', 'v24'], '--node must be 20, 22, 24, or 26; it is "v24".'],
  [['--line', '28'], '--line must be 29 or 30; it is "28".'],
  [['--pairs', '0'], '--pairs must be a whole number from 1; it is "0".'],
])('%p: a wrong value is an error that says what is right', (args, message) => {
  expect(() => parse(...args)).toThrow(new CommandError(message));
});

test.each([[['--nod', '24']], [['--node']]])('%p is no command', args => {
  expect(() => parse(...args)).toThrow(CommandError);
});
