/**
 * Reads the events of a queue from its beginning: the engine appends each to a stream of the server, so their order is
 * the same for all who read. A stranger may have written to the stream, so what is no event is passed over.
 */
import type {Redis} from 'ioredis';
import * as v from 'valibot';
import type {QueueListener} from './engine';

/** How many events one answer has at most. */
const BATCH = 1000;

const Fields = v.array(v.string());
const Answer = v.nullable(v.tuple([v.tuple([v.string(), v.array(v.tuple([v.string(), v.nullable(Fields)]))])]));

/**
 * Rejects if the events cannot be read any more.
 *
 * @param idOf the job that an id of the engine stands for; null: none
 * @param waitMs how long the server waits for the next event
 */
export async function readEvents(
  connection: Redis,
  stream: string,
  idOf: (engineId: string) => string | null,
  listener: QueueListener,
  waitMs: number,
): Promise<void> {
  let last = '0-0';
  for (;;) {
    const answer = v.parse(Answer, await connection.xread('COUNT', BATCH, 'BLOCK', waitMs, 'STREAMS', stream, last));
    let isAvailable = false;
    for (const [entryId, fields] of answer?.[0][1] ?? []) {
      last = entryId;
      const event = eventOf(fields ?? []);
      const id = event.jobId === undefined ? null : idOf(event.jobId);
      isAvailable ||= event.event === 'waiting';
      const value = event.event === 'completed' && id !== null ? returned(event.returnvalue) : null;
      if (value !== null) {
        listener.completed(id!, value);
      }
    }
    if (isAvailable) {
      listener.available();
    }
  }
}

function eventOf(fields: readonly string[]): Readonly<Record<string, string | undefined>> {
  const event = Object.create(null) as Record<string, string | undefined>;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    event[fields[at]!] = fields[at + 1];
  }
  return event;
}

function returned(text: string | undefined): Buffer | null {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'string' ? Buffer.from(value, 'base64') : null;
  } catch {
    return null;
  }
}
