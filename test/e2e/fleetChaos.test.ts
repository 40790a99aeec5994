/** Machines of a fleet that die, stand still and lose their network, and a server that is restarted. */
import {expectWholeReports, makeMachines, runInTrouble} from './fleetChaos';
import {IS_THOROUGH, onEachLine, type JestLine, type MakeProject} from './project';
import {TestRedis} from './redis';

const SEEDS = IS_THOROUGH ? 200 : 5;

const redis = TestRedis.forTests();

for (let seed = 1; seed <= SEEDS; seed++) {
  // A run takes some ten seconds: each seed is tried on one line.
  const lines: readonly JestLine[] = [IS_THOROUGH && seed % 2 === 0 ? '29' : '30'];
  const test = async (_: JestLine, make: MakeProject) => {
    const machines = makeMachines(make);
    await expectWholeReports(await runInTrouble(redis, machines, seed, ['kill', 'pause', 'cut', 'restart']));
  };
  onEachLine(`every run ends, and no test is lost or doubled (seed ${seed})`, test, lines);
}
