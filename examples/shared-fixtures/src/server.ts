/** The service, listening. */
import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import {Pool, type PoolConfig} from 'pg';
import {createApp} from './app';

export interface RunningServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** @param port 0: any that is free */
export async function startServer(database: PoolConfig, port = 0): Promise<RunningServer> {
  const pool = new Pool(database);
  // Of an idle connection that has ended: the pool makes another one.
  pool.on('error', () => undefined);
  const server = createApp(pool).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await pool.end();
    },
  };
}
