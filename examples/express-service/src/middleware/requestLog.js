'use strict';
const {randomUUID} = require('node:crypto');

/** Gives each request an id, or takes the caller's, and logs how it ended. */
const requestLog =
  ({clock, log}) =>
  (req, res, next) => {
    const given = req.get('X-Request-Id');
    // What goes into the log and back to the caller must not be whatever somebody sends.
    req.id = given !== undefined && /^[\w-]{1,64}$/.test(given) ? given : randomUUID();
    res.set('X-Request-Id', req.id);
    const startedAt = clock.now();
    res.on('finish', () =>
      log({
        id: req.id,
        method: req.method,
        path: req.originalUrl.split('?')[0],
        status: res.statusCode,
        user: req.user?.id ?? null,
        ms: clock.now() - startedAt,
      }),
    );
    next();
  };

module.exports = {requestLog};
