export interface RedisProgram {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface RedisServer {
  readonly port: number;
  readonly pid: number;
  /** Resolves when it has ended. Its data stays in the folder. */
  stop(): Promise<void>;
  /** The same at once, with SIGKILL. */
  kill(): Promise<void>;
}

/** @returns null: there is none in PATH, and none in the folder */
export function findRedis(folder: string): RedisProgram | null;

/** @throws with what was tried, and how to install one */
export function installRedis(folder: string): RedisProgram;

/** @param port of a server that was here before. Default: a free one */
export function startRedis(
  program: RedisProgram,
  folder: string,
  options?: {readonly port?: number; readonly args?: readonly string[]},
): Promise<RedisServer>;
