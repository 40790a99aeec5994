'use strict';
const {forbidden, unauthorized} = require('../errors');

/** Sets req.user where there is a token; a bad one is refused even where none is needed. */
const authenticate =
  ({tokens, users}) =>
  (req, res, next) => {
    const header = req.get('Authorization');
    if (header === undefined) return next();
    const [, token] = /^Bearer ([\w.-]+)$/.exec(header) ?? [];
    if (token === undefined) throw unauthorized('bad_authorization', 'Authorization must be a bearer token');
    req.claims = tokens.verify(token);
    req.user = users.get(req.claims.user);
    if (req.user === null) throw unauthorized('bad_token', 'The account is gone');
    next();
  };

const requireUser = (req, res, next) => {
  if (req.user === undefined) throw unauthorized('login_required', 'Log in first');
  next();
};

const requireStaff = (req, res, next) => {
  if (req.user === undefined) throw unauthorized('login_required', 'Log in first');
  if (req.user.role !== 'staff') throw forbidden('Only staff may do this');
  next();
};

module.exports = {authenticate, requireUser, requireStaff};
