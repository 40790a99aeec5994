import {FLEET_VARIABLES, NO_FLEET, withoutFleet} from '../../../../src/core/rules/fleetVariables';
import {workerStart} from '../../../../src/run/workers/workerStart';

const SECRETS = Object.fromEntries(['XDIST_FLEET', ...FLEET_VARIABLES].map(name => [name, 'hunter2']));
const AROUND = {...SECRETS, PATH: '/bin', XDIST_FLEETING: 'of somebody else'};

test('an environment without the fleet has all the rest', () => {
  expect(withoutFleet(AROUND)).toEqual({PATH: '/bin', XDIST_FLEETING: 'of somebody else'});
  expect(Object.keys(NO_FLEET).sort()).toEqual(Object.keys(SECRETS).sort());
});

test.each([undefined, {name: 'n', execPath: '/bin/node', execArgv: null, env: {A: 'b'}, version: 'v24.0.0'}])(
  'no worker gets a secret (node: %j)',
  node => {
    const {environment} = workerStart(1, node, {
      runId: 'r',
      workerCount: 2,
      colours: false,
      gracefulExitTimeout: undefined,
      environment: AROUND,
    });
    expect(environment.PATH).toBe('/bin');
    expect(JSON.stringify(environment)).not.toContain('hunter2');
    expect(Object.keys(environment).filter(name => name in SECRETS)).toEqual([]);
  },
);
