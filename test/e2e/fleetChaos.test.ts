/** Machines of a fleet that die, stand still and lose their network, and a server that is restarted. */
import {expectWholeReports, makeMachines, runInTrouble} from './fleetChaos';
import {IS_THOROUGH, onLatestLine} from './project';
import {TestRedis} from './redis';

const SEEDS = IS_THOROUGH ? 200 : 5;

const redis = TestRedis.forTests();

for (let seed = 1; seed <= SEEDS; seed++) {
  onLatestLine(`every run ends, and no test is lost or doubled (seed ${seed})`, async (_line, make) => {
    const machines = makeMachines(make);
    await expectWholeReports(await runInTrouble(redis, machines, seed, ['kill', 'pause', 'cut', 'restart']));
  });
}
