'use strict';
const {createHash} = require('node:crypto');
const {ApiError, badRequest, conflict} = require('../errors');

/**
 * A request with an Idempotency-Key is carried out once: who sends it again, because the answer got
 * lost, gets the first answer again.
 */
function idempotency({clock, lifetimeMs}) {
  const entries = new Map();
  return (req, res, next) => {
    const key = req.get('Idempotency-Key');
    if (key === undefined) return next();
    if (!/^[\w-]{8,64}$/.test(key))
      throw badRequest('bad_idempotency_key', 'Idempotency-Key must be 8 to 64 letters, digits, - or _');

    const now = clock.now();
    for (const [id, {expiresAt}] of entries) {
      if (expiresAt > now) break; // in order of insertion, so all that follow are younger
      entries.delete(id);
    }
    const id = `${req.user.id} ${key}`;
    const fingerprint = createHash('sha256')
      .update(`${req.originalUrl}\n${JSON.stringify(req.body)}`)
      .digest('hex');
    const earlier = entries.get(id);
    if (earlier !== undefined) {
      if (earlier.fingerprint !== fingerprint) {
        throw new ApiError(422, 'idempotency_key_reused', 'The Idempotency-Key was used for another request');
      }
      if (earlier.answer === null)
        throw conflict('in_progress', 'The first request with this Idempotency-Key is not done yet');
      res.set('Idempotency-Replayed', 'true');
      return res.status(earlier.answer.status).json(earlier.answer.body);
    }

    const entry = {fingerprint, answer: null, expiresAt: now + lifetimeMs};
    entries.set(id, entry);
    const json = res.json.bind(res);
    res.json = body => {
      entry.answer = {status: res.statusCode, body};
      return json(body);
    };
    res.on('close', () => {
      // What failed, or was never answered, has not been done: it may be tried again.
      if (entry.answer === null || entry.answer.status >= 400) entries.delete(id);
    });
    next();
  };
}

module.exports = {idempotency};
