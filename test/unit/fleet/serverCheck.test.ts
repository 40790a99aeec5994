import {Completions} from '../../../src/fleet/completions';
import {ServerCheck} from '../../../src/fleet/serverCheck';
import {planRoundOnce} from '../../../src/fleet/planning';
import {planOf, testFleet, withQueue} from './machines';

const IDLE = [{waiting: 0, begun: []}];

async function checked() {
  const {join, server} = testFleet();
  const fleet = await join('1');
  const plan = await planRoundOnce(
    fleet,
    1,
    () => planOf(['a', 'b']),
    () => Promise.resolve(),
  );
  const queue = fleet.engine.queue(fleet.names.jobs(plan.id));
  const completions = new Completions(queue);
  return {fleet, server, plan, queue, completions, check: new ServerCheck(fleet, {plan, queue, completions}, 3)};
}

test('a run of which nothing is lost goes on', async () => {
  const {check, queue, completions} = await checked();
  await check.check();
  await queue.complete((await queue.take())!, Buffer.from('done'));
  for (let pulse = 0; pulse < 30; pulse++) await check.check();
  expect(completions.count).toBe(1);
});

test('what the server has lost is an error', async () => {
  const {check, server, fleet, plan, completions} = await checked();
  const counts = () => Promise.resolve({waiting: 1, taken: 0, completed: 0});
  const queue = {...fleet.engine.queue(fleet.names.jobs(plan.id)), counts};
  await expect(new ServerCheck(fleet, {plan, queue, completions}, 3).check()).rejects.toThrow(
    /has lost jobs of the run/,
  );
  server.comeBack(true);
  await expect(check.check()).rejects.toThrow(/has lost jobs of the run/);
});

test('completed jobs of which nothing is told are an error, some pulses later', async () => {
  const {fleet, plan, queue} = await checked();
  const deaf = withQueue(
    fleet,
    () => true,
    () => ({follow: () => undefined}),
  ).engine.queue(fleet.names.jobs(plan.id));
  const check = new ServerCheck(fleet, {plan, queue: deaf, completions: new Completions(deaf)}, 3);
  await queue.complete((await queue.take())!, Buffer.from('done'));
  for (let pulse = 0; pulse < 10; pulse++) await check.check();
  await expect(check.check()).rejects.toThrow(/does not tell which/);
});

test('jobs that no machine has for longer than two leases are an error', async () => {
  const {check} = await checked();
  check.checkClaims(IDLE, 15);
  check.checkClaims([...IDLE, {waiting: 1, begun: []}], 5);
  check.checkClaims(IDLE, 15);
  check.checkClaims([...IDLE, {waiting: 0, begun: [{job: '1', at: 1}]}], 5);
  check.checkClaims(IDLE, 15);
  expect(() => check.checkClaims(IDLE, 5)).toThrow(/gives them to no machine/);
});

test('when all jobs are completed, nobody needs to have one', async () => {
  const {check, queue} = await checked();
  for (let job = 0; job < 2; job++) await queue.complete((await queue.take())!, Buffer.from('done'));
  await new Promise(resolve => setImmediate(resolve));
  check.checkClaims(IDLE, 1000);
});
