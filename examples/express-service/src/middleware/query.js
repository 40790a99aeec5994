'use strict';
const {badRequest} = require('../errors');

/** No parameter here is a list, so that every route may take each one for a string. */
const singleParameters = (req, res, next) => {
  const repeated = Object.keys(req.query).find(name => typeof req.query[name] !== 'string');
  if (repeated !== undefined) throw badRequest('repeated_parameter', `${repeated} must be given once`);
  next();
};

module.exports = {singleParameters};
