'use strict';

/** An error that is the caller's to see: everything else becomes a 500 without details. */
class ApiError extends Error {
  constructor(status, code, message, {details, headers} = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.details = details;
    this.headers = headers;
  }
}

const badRequest = (code, message) => new ApiError(400, code, message);
const unauthorized = (code, message) => new ApiError(401, code, message, {headers: {'WWW-Authenticate': 'Bearer'}});
const forbidden = message => new ApiError(403, 'forbidden', message);
const notFound = what => new ApiError(404, 'not_found', `${what} does not exist`);
const conflict = (code, message, details) => new ApiError(409, code, message, {details});
const invalid = details => new ApiError(422, 'invalid', 'The request is not valid', {details});

module.exports = {ApiError, badRequest, unauthorized, forbidden, notFound, conflict, invalid};
