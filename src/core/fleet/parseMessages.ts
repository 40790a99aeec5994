/** Parses the small values of a fleet. */
import {list, nullable, ProtocolError, record} from '../wire/values';
import {count, MOST_FILES, shortText, time, word} from './fields';
import type {Accepted, Hunger, JobData, MachineStatus, Story} from './messages';

/** @throws {ProtocolError} */
export function parseJobData(value: unknown): JobData {
  const {plan, job} = record(value, 'the data of a job');
  return {plan: word(plan), job: word(job)};
}

/** @throws {ProtocolError} */
export function parseAccepted(value: unknown): Accepted {
  const {token, failed} = record(value, 'the value of a completed job');
  if (typeof failed !== 'boolean') throw new ProtocolError('whether a job has failed', failed);
  return {token: word(token), failed};
}

/** @throws {ProtocolError} */
export function parseStory(value: unknown): Story {
  const {machine, name, token, at, what} = record(value, 'a story of a job');
  if (what !== 'began' && what !== 'gave-back' && what !== 'left' && what !== 'lost-lease') {
    throw new ProtocolError('what a machine did with a job', what);
  }
  return {machine: word(machine), name: shortText(name), token: word(token), at: time(at), what};
}

/** @throws {ProtocolError} */
export function parseHunger(value: unknown): Hunger {
  const {machine, at, idle} = record(value, 'a hunger');
  return {machine: word(machine), at: time(at), idle: count(idle)};
}

/** @throws {ProtocolError} */
export function parseMachineStatus(value: unknown): MachineStatus {
  const {machine, name, at, plan, workers, state, waiting, begun} = record(value, 'the status of a machine');
  if (state !== 'working' && state !== 'left') throw new ProtocolError('the state of a machine', state);
  if (Array.isArray(begun) && begun.length > MOST_FILES) {
    throw new ProtocolError(`a list of at most ${MOST_FILES}`, begun.length);
  }
  return {
    machine: word(machine),
    name: shortText(name),
    at: time(at),
    plan: nullable(plan, word),
    workers: count(workers),
    state,
    waiting: count(waiting),
    begun: list(begun, item => {
      const {job, at: since} = record(item, 'a job that has begun');
      return {job: word(job), at: time(since)};
    }),
  };
}
