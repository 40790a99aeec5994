/** What comes from outside, checked. */
import {HttpError} from './errors';

export interface Span {
  readonly begins: Date;
  readonly ends: Date;
}

/** A request's body or query. */
type Input = Readonly<Record<string, unknown>> | undefined;

export function text(input: Input, name: string): string {
  const value = input?.[name];
  if (typeof value !== 'string' || value.trim() === '') throw new HttpError(422, `${name} is to be a text`);
  return value.trim();
}

export function whole(input: Input, name: string, {min, max}: {min: number; max: number}): number {
  const value = Number(input?.[name]);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new HttpError(422, `${name} is to be a whole number from ${min} to ${max}`);
  }
  return value;
}

export function id(value: unknown): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 2 ** 31 - 1) throw new HttpError(404, 'not found');
  return number;
}

export function span(input: Input): Span {
  const [begins, ends] = [new Date(text(input, 'begins')), new Date(text(input, 'ends'))];
  if (Number.isNaN(begins.getTime()) || Number.isNaN(ends.getTime())) {
    throw new HttpError(422, 'begins and ends are to be dates');
  }
  if (begins >= ends) throw new HttpError(422, 'it is to begin before it ends');
  return {begins, ends};
}
