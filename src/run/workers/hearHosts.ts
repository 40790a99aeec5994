/** Passes connections and messages from a server to the host of the worker that sent them. */
import type {Hello} from '../../core/wire/workerMessages';
import type {Faults} from '../faults';
import type {WorkerHost} from './workerHost';
import type {WorkerServerListener} from './workerServer';

/**
 * @param hostOf the host of the process that sent the hello; null: the process is unknown or was replaced
 * @param guard handles an error that a listener throws
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
