import {NO_RULES, overdrawn, rulesOf, whyWhole, type FileRules} from '../../../../src/core/rules/fileRules';
import {readFolderRules} from '../../../../src/core/rules/folderRules';
import type {FilesEntry} from '../../../../src/core/rules/options';
import {NO_PRAGMAS, type FilePragmas} from '../../../../src/core/rules/pragmas';

/** What a file /a.js asks for whose docblock says this, and which these entries of the option match. */
const rules = (pragmas: Partial<FilePragmas>, entries: readonly Omit<FilesEntry, 'match'>[] = [], byOption = false) =>
  rulesOf(
    '/a.js',
    {...NO_PRAGMAS, ...pragmas},
    readFolderRules(
      entries.map(entry => ({match: '**', ...entry})),
      'conf',
    ),
    byOption,
  );

test('a file of which nothing is said asks for nothing', () => {
  expect(rules({})).toEqual(NO_RULES);
  expect(rules({}, [{}])).toEqual(NO_RULES);
});

test('of several entries the later one wins, field by field', () => {
  expect(
    rules({}, [
      {serial: true, workerGroup: 'a', hardTimeout: 1, restartWorker: true},
      {workerGroup: 'b', hardTimeout: 0},
      {serial: false},
    ]),
  ).toEqual({...NO_RULES, workerGroup: 'b', hardTimeoutMs: 0, restartWorker: true});
});

test('a pragma wins over all entries', () => {
  const entries = [{serial: false, workerGroup: 'a', hardTimeout: 1, restartWorker: false, canSplit: false}];
  const pragmas = {serial: true, workerGroup: 'b', hardTimeoutMs: 2, restartWorker: true, canSplit: 'each'} as const;
  expect(rules(pragmas, entries)).toEqual({...NO_RULES, ...pragmas});
});

test.each<[Partial<FilePragmas>, readonly FilesEntry['canSplit'][], boolean, FileRules['canSplit']]>([
  [{}, [], true, 'tests'],
  [{}, ['each'], true, 'each'],
  [{}, ['each', true], false, 'tests'],
  [{}, [true, false], true, null],
  [{}, [false, 'each'], false, 'each'],
  [{}, [false, undefined], true, null],
  [{canSplit: 'tests'}, [false], false, 'tests'],
])('canSplit: pragma %j, entries %j, option canSplit %j: %j', (pragmas, entries, byOption, expected) => {
  const said = entries.map(canSplit => (canSplit === undefined ? {} : {canSplit}));
  expect(rules(pragmas, said, byOption).canSplit).toBe(expected);
});

test('resources are added up; of one asked for twice the larger amount counts', () => {
  const resources = [
    {name: 'gpu', amount: 2, line: 3},
    {name: 'port', amount: 1, line: 4},
  ];
  expect(rules({resources}, [{resources: ['gpu', 'net']}, {resources: ['port:3']}]).resources).toEqual([
    {name: 'gpu', amount: 2, place: '/a.js:3'},
    {name: 'port', amount: 3, place: 'conf, "files[1]"'},
    {name: 'net', amount: 1, place: 'conf, "files[0]"'},
  ]);
});

test('fixtures are added up, each with where it is declared and what its path is relative to', () => {
  const sharedFixtures = [{path: './db', scope: 'worker', line: 2}] as const;
  expect(rules({sharedFixtures}, [{sharedFixtures: ['./net']}]).sharedFixtures).toEqual([
    {path: './db', scope: 'worker', place: '/a.js:2', from: 'file'},
    {path: './net', scope: 'run', place: 'conf, "files[0]"', from: 'rootDir'},
  ]);
});

test.each<[Partial<FilePragmas>, string | null]>([
  [{canSplit: 'tests', restartWorker: true, resources: [{name: 'gpu', amount: 1, line: 1}]}, 'it wants a fresh worker'],
  [{sharedFixtures: [{path: './db', scope: 'run', line: 1}]}, null],
  [{serial: true}, 'it is serial'],
  [{workerGroup: 'db'}, 'it is of the worker group "db"'],
  [{sharedFixtures: [{path: './db', scope: 'worker', line: 1}]}, 'it has a shared fixture of scope worker'],
])('%j speaks against splitting: %s', (pragmas, why) => {
  expect(whyWhole(rules(pragmas))).toBe(why);
});

describe('more of a resource than there is', () => {
  const asks = (amount: number) => rules({resources: [{name: 'gpu', amount, line: 4}]});

  test('is none while it is not more', () => {
    expect(overdrawn(asks(2), {gpu: 2})).toEqual([]);
    expect(overdrawn(asks(1), {})).toEqual([]);
  });

  test('is told with its place, and what to do', () => {
    expect(overdrawn(asks(3), {gpu: 2})).toEqual([
      {
        place: '/a.js:4',
        text: 'it asks for 3 of the resource "gpu", but there are only 2. Ask for less, or raise the amount: resources: {"gpu": 3}.',
      },
    ]);
  });

  test('is more than 1 of a resource that is not listed, whatever every object has of that name', () => {
    const [problem] = overdrawn(rules({resources: [{name: 'constructor', amount: 2, line: 4}]}), {});
    expect(problem?.text).toMatch(
      /^it asks for 2 of the resource "constructor", but there is only 1, because the option "resources" does not list it\. /,
    );
  });
});
