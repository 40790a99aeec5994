/**
 * What is at work in this process without keeping it alive, after its `unref()`: timers, sockets, servers, children,
 * threads. Node lists only what keeps a process alive, and to ask V8 for all of its objects takes seconds. So they are
 * noted as they are unreferenced, without holding them.
 */
import {ChildProcess} from 'node:child_process';
import {Socket as DatagramSocket} from 'node:dgram';
import {Server, Socket} from 'node:net';
import {Worker} from 'node:worker_threads';

/** So many are noted before it is looked which of them are gone. */
const LOOK_AFTER = 1000;

export class Unreferenced {
  #noted = new Set<WeakRef<object>>();
  #lookAt = LOOK_AFTER;

  /** From here on all are noted that are unreferenced. To be made once in a process, before anything of the user's is loaded. */
  constructor() {
    // eslint-disable-next-line no-restricted-globals -- before anything of the user's is loaded
    const timer = setTimeout(() => undefined, 0);
    clearTimeout(timer);
    const classes: object[] = [Socket, Server, ChildProcess, DatagramSocket, Worker].map(({prototype}) => prototype);
    for (const prototype of [Object.getPrototypeOf(timer) as object, ...classes]) this.#note(prototype);
  }

  /** What of it is still at work, by what it is. */
  get atWork(): string[] {
    this.#drop();
    return [...this.#noted].flatMap(reference => nameOfWorking(reference.deref()) ?? []);
  }

  #note(prototype: object): void {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, 'unref');
    const original = descriptor?.value as (() => unknown) | undefined;
    if (original === undefined) return;
    const add = (object: object) => this.#add(object);
    // A method of the same name: nobody is to see a difference.
    const noting = {
      unref(this: object) {
        add(this);
        return original.call(this);
      },
    };
    Object.defineProperty(prototype, 'unref', {...descriptor, value: Reflect.get(noting, 'unref')});
  }

  #add(object: object): void {
    this.#noted.add(new WeakRef(object));
    if (this.#noted.size < this.#lookAt) return;
    this.#drop();
    this.#lookAt = this.#noted.size + LOOK_AFTER;
  }

  #drop(): void {
    for (const reference of this.#noted) if (nameOfWorking(reference.deref()) === null) this.#noted.delete(reference);
  }
}

/** null: it is over. */
function nameOfWorking(object: object | undefined): string | null {
  if (object === undefined) return null;
  if (object instanceof Socket) return hasHandle(object) && !object.destroyed ? 'a socket' : null;
  if (object instanceof Server) return hasHandle(object) ? 'a server' : null;
  if (object instanceof ChildProcess) return object.exitCode === null && object.signalCode === null ? 'a child' : null;
  if (object instanceof Worker) return object.threadId === -1 ? null : 'a thread';
  if (object instanceof DatagramSocket) return isBound(object) ? 'a socket' : null;
  // A timer is in one of Node's lists as long as it is to fire.
  const {_idleNext: next, _destroyed: destroyed} = object as {
    readonly _idleNext?: unknown;
    readonly _destroyed?: boolean;
  };
  return next !== null && next !== undefined && destroyed !== true ? 'a timer' : null;
}

function hasHandle(object: object): boolean {
  const {_handle: handle} = object as {readonly _handle?: unknown};
  return typeof handle === 'object' && handle !== null;
}

function isBound(socket: DatagramSocket): boolean {
  try {
    socket.address();
    return true;
  } catch {
    return false;
  }
}
