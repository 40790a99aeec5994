/** Passes what arrives at a server on to the host of the worker that it comes from. */
import type {Hello} from '../../core/wire/workerMessages';
import type {Faults} from '../faults';
import type {WorkerHost} from './workerHost';
import type {WorkerServerListener} from './workerServer';

/**
 * @param hostOf the host of the process that says hello; null: nobody expects that process, or another has its place
 * @param guard what throws in a listener is its business
 */
export function hearHosts(
  hostOf: (hello: Pick<Hello, 'slot' | 'generation'>) => WorkerHost | null,
  guard: Faults['guard'],
): WorkerServerListener {
  return {
    onWorker: guard('a worker came up', (hello, socket) => {
      const host = hostOf(hello);
      if (host === null) socket.destroy();
      else host.attach(socket, hello.pid);
    }),
    onWatchdog: guard('a watchdog said something', (hello, message) => hostOf(hello)?.hearWatchdog(message)),
    onWatchdogGone: guard('a watchdog went', hello => hostOf(hello)?.loseWatchdog()),
    onBroken: guard('a worker was ended', (hello, error) => hostOf(hello)?.breakOff(error)),
  };
}
