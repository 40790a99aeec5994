import {asksForInBand, asksForOnlyFailures, asksForSnapshots} from '../../../../src/core/rules/commandLine';

const asks = (line: string) => asksForInBand(line.split(' '));

test.each([
  '-i',
  '--runInBand',
  '--run-in-band',
  '--i',
  'a.test.js -i',
  '-i a.test.js',
  '--runInBand=true',
  '--runInBand true',
  '-i=true',
  '-iu',
  '-ui',
  '-uio',
  '-ti', // -t without a name, and -i
  '-t -i', // so here: a word that begins with a dash is no value
  '--reporters default -i',
  '--no-runInBand -i',
  '-iw2',
  '-ui=true',
])('%s asks for it', line => {
  expect(asks(line)).toBe(true);
});

test.each([
  '',
  '-u',
  'i',
  '--runInBand=false',
  '--runInBand false',
  '-i false',
  '-i=false',
  '-ui=false',
  '--no-runInBand',
  '--no-run-in-band',
  '--no-i',
  '-i --no-runInBand',
  '-- -i',
  'a.test.js -- --runInBand',
  '-t=i', // the rest of a word behind a sign is a value
  '-t=-i',
  '-w50%i',
  '-c./i',
  '-i2',
  '--testNamePattern=-i',
  '--init',
  '--runInBandit',
  '--ci',
])('%s does not', line => {
  expect(asks(line)).toBe(false);
});

test.each([
  ['-f', true],
  ['-w2 -f', true],
  ['--onlyFailures', true],
  ['--only-failures=true', true],
  ['--onlyFailures=false', false],
  ['--findRelatedTests', false],
  ['-i', false],
])('%s: whether only failures are asked for: %s', (line, asked) => {
  expect(asksForOnlyFailures(line.split(' '))).toBe(asked);
});

test.each([
  ['--no-ci', true],
  ['--ci=false', true],
  ['--ci false', true],
  ['--ci --no-ci', true],
  ['--no-ci --ci', false],
  ['--ci', false],
  ['--ci -u', true],
  ['--ci --update-snapshot', true],
  ['-u=false', false],
  ['--shard=1/2', false],
  ['-- --no-ci', false],
])('%s: whether snapshots are asked for: %s', (line, asked) => {
  expect(asksForSnapshots(line.split(' '))).toBe(asked);
});
