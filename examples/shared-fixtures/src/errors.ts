/** What goes wrong by the client's doing, and how it is told. */
import type {NextFunction, Request, Response} from 'express';
import {DatabaseError} from 'pg';

export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** By PostgreSQL's code: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const STATUS_OF_CODE: Readonly<Record<string, readonly [number, string]>> = {
  23503: [409, 'it is still in use'],
  23505: [409, 'there is one already'],
  23514: [422, 'a value is out of range'],
};

/** Express knows it by its four parameters. */
export function answerError(error: unknown, _request: Request, response: Response, _next: NextFunction): void {
  const [status, message] = statusOf(error);
  if (status === 500) console.error(error);
  response.status(status).json({error: message});
}

function statusOf(error: unknown): readonly [number, string] {
  if (error instanceof HttpError) return [error.status, error.message];
  if (error instanceof DatabaseError) return STATUS_OF_CODE[error.code ?? ''] ?? [500, 'internal error'];
  if (error instanceof SyntaxError) return [400, 'the body is not JSON'];
  return [500, 'internal error'];
}
