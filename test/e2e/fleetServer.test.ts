/** The server of a fleet is away before, during and at the end of a run. */
import {runFleet, runMachine, untilThere, WAITING} from './fleets';
import {onLatestLine, onlyThorough} from './project';
import {TestRedis} from './redis';

const servers: TestRedis[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.end();
});

async function startServer(): Promise<TestRedis> {
  const redis = new TestRedis(['--appendfsync', 'always']);
  servers.push(redis);
  return redis.start();
}

onLatestLine('a server that is away before the run is an error', async (_line, make) => {
  const redis = await startServer();
  await redis.stop();
  const {exitCode, stderr, json} = await runMachine(redis, make(WAITING), [], {run: 'before'});
  expect({exitCode, json}).toEqual({exitCode: 1, json: null});
  expect(stderr).toContain(`The fleet's server ${redis.url} does not answer (connect ECONNREFUSED`);
});

onLatestLine('a server that is away for a while delays the run', async (_line, make) => {
  const [redis, project] = [await startServer(), make(WAITING)];
  const output = await runMachine(redis, project, [], {
    run: 'while',
    meanwhile: async () => {
      await untilThere(project, 'notes');
      await redis.stop();
      // What has begun ends while the server is away.
      project.write('go', '');
      await redis.start();
    },
  });
  expect(output).toMatchObject({exitCode: 0, json: {numPassedTests: 6, numTotalTestSuites: 6}});
});

onLatestLine('a server that comes back without its data is an error on each machine', async (_line, make) => {
  const redis = await startServer();
  const machines = [make(WAITING), make(WAITING)];
  const [outputs] = await Promise.all([
    runFleet(redis, machines, ['-w', '1'], {run: 'empty'}),
    (async () => {
      for (const machine of machines) await untilThere(machine, 'notes');
      await redis.loseData();
      await redis.start();
    })(),
  ]);
  for (const [index, {exitCode, json, stderr}] of outputs.entries()) {
    expect({exitCode, failed: json?.numFailedTestSuites}).toEqual({exitCode: 1, failed: 6});
    expect(stderr).toContain("the fleet's server has lost jobs of the run. Was it restarted without its data");
    expect(await machines[index]!.leftProcesses()).toEqual([]);
  }
});

/** Kills the server when Jest has the last result. */
const KILLER = `
module.exports = class {
  onTestResult(test, result, {numPassedTestSuites}) {
    if (numPassedTestSuites === 6) process.kill(Number(process.env.SERVER), 'SIGKILL');
  }
};
`;

onLatestLine('a server that dies at the end changes nothing', async (_line, make) => {
  const [redis, project] = [await startServer(), make({...WAITING, 'killer.js': KILLER, go: ''})];
  const env = {SERVER: String(redis.pid)};
  const output = await runMachine(redis, project, ['--reporters=./killer.js'], {run: 'end', env});
  expect(output).toMatchObject({exitCode: 0, json: {success: true, numPassedTests: 6}});
  expect(output.stderr).toContain("durations of this run may not be on the fleet's server");
});

/** Waits for the real limit, a minute. */
onlyThorough('a server that stays away ends the run, which says what was not run', async (_line, make) => {
  const [redis, project] = [await startServer(), make(WAITING)];
  const {exitCode, json, stderr} = await runMachine(redis, project, ['-w', '1'], {
    run: 'away',
    meanwhile: async () => {
      await untilThere(project, 'notes');
      await redis.stop();
    },
  });
  expect({exitCode, failed: json?.numFailedTestSuites}).toEqual({exitCode: 1, failed: 6});
  expect(stderr).toContain(`The fleet's server ${redis.url} has been away for 60 s.`);
  expect(stderr.match(/has no result of the file/g)).toHaveLength(6);
  expect(await project.leftProcesses()).toEqual([]);
});
