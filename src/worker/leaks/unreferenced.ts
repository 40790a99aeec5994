/**
 * Finds unreferenced resources that are active in this process after their `unref()`: timers, sockets, servers,
 * children, threads. Node lists only resources that keep a process alive, and to list all objects of V8 takes seconds.
 * So this class notes each resource at its `unref()`, with a weak reference.
 */
import {ChildProcess} from 'node:child_process';
import {Socket as DatagramSocket} from 'node:dgram';
import {Server, Socket} from 'node:net';
import {Worker} from 'node:worker_threads';

/** How many further resources to note before removing those that have ended. */
const LOOK_AFTER = 1000;

export class Unreferenced {
  #noted = new Set<WeakRef<object>>();
  #lookAt = LOOK_AFTER;

  /** Begins to note. Must be called once in a process, before any code of the user is loaded. */
  constructor() {
    // eslint-disable-next-line no-restricted-globals -- before anything of the user's is loaded
    const timer = setTimeout(() => undefined, 0);
    clearTimeout(timer);
    const classes: object[] = [Socket, Server, ChildProcess, DatagramSocket, Worker].map(({prototype}) => prototype);
    for (const prototype of [Object.getPrototypeOf(timer) as object, ...classes]) this.#note(prototype);
  }

  /** The kinds of the resources that are still active. */
  get atWork(): string[] {
    this.#drop();
    return [...this.#noted].flatMap(reference => nameOfWorking(reference.deref()) ?? []);
  }

  #note(prototype: object): void {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, 'unref');
    const original = descriptor?.value as (() => unknown) | undefined;
    if (original === undefined) return;
    const add = (object: object) => this.#add(object);
    // A method of the same name, so that nobody sees a difference.
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

/** @returns null: the resource has ended */
function nameOfWorking(object: object | undefined): string | null {
  if (object === undefined) return null;
  if (object instanceof Socket) return hasHandle(object) && !object.destroyed ? 'a socket' : null;
  if (object instanceof Server) return hasHandle(object) ? 'a server' : null;
  if (object instanceof ChildProcess) return object.exitCode === null && object.signalCode === null ? 'a child' : null;
  if (object instanceof Worker) return object.threadId === -1 ? null : 'a thread';
  if (object instanceof DatagramSocket) return isBound(object) ? 'a socket' : null;
  // A timer that will fire is in one of Node's lists.
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
