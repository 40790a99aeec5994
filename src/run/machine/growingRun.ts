/** Samples the machine's load for a run whose number of workers adapts to it. Other runs do not load this code. */
import type {LoadSample} from '../../core/schedule';
import type {MachineLoad} from './machineLoad';

export function machineLoad(): MachineLoad {
  const {MachineLoad} = require('./machineLoad') as typeof import('./machineLoad');
  return MachineLoad.ofThisMachine();
}

/**
 * @param workerBytes the memory of each worker, in bytes; null: unknown
 * @returns a function that ends the sampling
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
