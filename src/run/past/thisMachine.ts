/** What the timings file says of the machine on which a duration was measured. */
import {arch, availableParallelism, cpus, platform} from 'node:os';

let known: string | null = null;

/** The platform, the number of cores and their model: durations of other machines say less about this one. */
export function thisMachine(): string {
  if (known !== null) return known; // Node reads the frequency of each core to answer
  // Some containers name no core, or no model.
  const [core] = cpus() as readonly {readonly model?: string}[];
  const model = core?.model?.trim();
  known = `${platform()} ${arch()}, ${availableParallelism()} x ${model === undefined || model === '' ? 'unknown CPU' : model}`;
  return known;
}
