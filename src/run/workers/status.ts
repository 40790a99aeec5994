/** Prints what each worker runs now when a signal asks for it: SIGUSR2, and SIGINFO (Ctrl-T) where it exists. */
import {describeTimeSpan} from '../../core/texts/timeSpan';
import {describeWorker, type SlotNumber} from '../../core/plan/units';

const SIGNALS = ['SIGUSR2', 'SIGINFO'] as const;

/** What a worker does now. */
export interface WorkerStatus {
  /** null: the worker has not connected yet. */
  readonly pid: number | null;
  /** The test, the hook or the file that runs; '': nothing runs; null: the watchdog has not said yet. */
  readonly name: string | null;
  /** For how long (ms) that has run. */
  readonly ms: number;
}

/** @returns ends that */
export function tellStatusOnSignal(
  workers: () => ReadonlyMap<SlotNumber, WorkerStatus>,
  print: (text: string) => void,
): () => void {
  const tell = () => print(describeStatus(workers()));
  for (const signal of SIGNALS) {
    try {
      process.on(signal, tell);
    } catch {
      // This system has no such signal.
    }
  }
  return () => {
    for (const signal of SIGNALS) process.off(signal, tell);
  };
}

export function describeStatus(workers: ReadonlyMap<SlotNumber, WorkerStatus>): string {
  const lines = [...workers].map(([slot, {pid, name, ms}]) => {
    const worker = `  ${describeWorker(slot, pid)}: `;
    if (name === null) return `${worker}is starting`;
    return worker + (name === '' ? 'waits' : `${name}, for ${describeTimeSpan(ms)}`);
  });
  return `jest-runner-xdist: what is running now\n${lines.length === 0 ? '  no worker' : lines.join('\n')}\n`;
}
