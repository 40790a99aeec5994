import {readFolderRules} from '../../../../src/core/rules/folderRules';

const said = {
  place: 'package.json, "files[0]"',
  match: ['test/db/**'],
  canSplit: null,
  serial: null,
  workerGroup: null,
  hardTimeoutMs: null,
  restartWorker: null,
  resources: [],
  sharedFixtures: [],
};

test('what an entry does not say is not said', () => {
  expect(readFolderRules([{match: 'test/db/**'}], 'package.json')).toEqual([said]);
});

test('what an entry says is read as its pragmas are', () => {
  const entry = {
    match: ['a/**', '!a/b'],
    canSplit: true,
    serial: false,
    workerGroup: 'db',
    hardTimeout: '30s',
    restartWorker: true,
    resources: ['gpu', 'port:2'],
    sharedFixtures: ['./db.ts', '@acme/net scope=worker'],
  } as const;
  expect(readFolderRules([entry], 'package.json')).toEqual([
    {
      ...said,
      match: ['a/**', '!a/b'],
      canSplit: 'tests',
      serial: false,
      workerGroup: 'db',
      hardTimeoutMs: 30_000,
      restartWorker: true,
      resources: [
        {name: 'gpu', amount: 1},
        {name: 'port', amount: 2},
      ],
      sharedFixtures: [
        {path: './db.ts', scope: 'run'},
        {path: '@acme/net', scope: 'worker'},
      ],
    },
  ]);
});

test('canSplit false is said; a time of 0 is, too', () => {
  const [never, each] = readFolderRules(
    [
      {match: 'a', canSplit: false, hardTimeout: 0},
      {match: 'b', canSplit: 'each', hardTimeout: 1500},
    ],
    'x',
  );
  expect(never).toMatchObject({place: 'x, "files[0]"', canSplit: false, hardTimeoutMs: 0});
  expect(each).toMatchObject({place: 'x, "files[1]"', canSplit: 'each', hardTimeoutMs: 1500});
});
