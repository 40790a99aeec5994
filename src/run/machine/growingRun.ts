/** The machine's load, for a run whose number of workers follows it. Other runs load none of that code. */
import type {LoadSample} from '../../core/schedule';
import type {MachineLoad} from './machineLoad';

export function machineLoad(): MachineLoad {
  const {MachineLoad} = require('./machineLoad') as typeof import('./machineLoad');
  return MachineLoad.ofThisMachine();
}

/**
 * @param workerBytes the memory of each worker, in bytes; null: the worker has not said
 * @returns ends the sampling
 */
export function sampleLoad(
  machine: MachineLoad,
  workerBytes: () => readonly (number | null)[],
  onSample: (load: LoadSample) => void,
): () => void {
  const {LoadSampler} = require('./loadSampler') as typeof import('./loadSampler');
  const sampler = new LoadSampler({machine, workerBytes, onSample});
  sampler.start();
  return () => sampler.close();
}
