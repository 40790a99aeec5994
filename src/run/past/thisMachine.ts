/** What the timings file says of the machine on which a duration was measured. */
import {arch, availableParallelism, cpus, platform} from 'node:os';

let known: string | null = null;

/** The platform, the number of cores and their model: durations of other machines say less about this one. */
export function thisMachine(): string {
  // Asked once: Node reads the frequency of each core to answer.
  known ??= `${platform()} ${arch()}, ${availableParallelism()} x ${cpus()[0]?.model.trim() ?? 'unknown CPU'}`;
  return known;
}
