'use strict';
const {ApiError, notFound} = require('../errors');

const unknownRoute = req => {
  throw notFound(`${req.method} ${req.path}`);
};

/** Errors of Express's own body parsers carry a type. */
const PARSER_ERRORS = {
  'entity.parse.failed': () => new ApiError(400, 'bad_json', 'The body is not JSON'),
  'entity.too.large': () => new ApiError(413, 'too_large', 'The body is too large'),
  'encoding.unsupported': () => new ApiError(415, 'bad_encoding', 'The encoding is not supported'),
};

const answerErrors =
  ({logError}) =>
  (error, req, res, next) => {
    // Too late for another answer: the connection is closed, so that the client sees that this one is not whole.
    if (res.headersSent) return next(error);
    let known = error instanceof ApiError ? error : PARSER_ERRORS[error.type]?.();
    if (known === undefined && error instanceof URIError)
      known = new ApiError(400, 'bad_path', 'The path is not well encoded');
    if (known === undefined) {
      logError({id: req.id, error});
      known = new ApiError(500, 'internal', 'Something went wrong');
    }
    const {status, code, message, details, headers} = known;
    if (headers !== undefined) res.set(headers);
    res.status(status).json({error: {code, message, ...(details !== undefined && {details}), requestId: req.id}});
  };

module.exports = {unknownRoute, answerErrors};
