'use strict';
const {createHmac, randomUUID, timingSafeEqual} = require('node:crypto');
const {unauthorized} = require('./errors');

/** Signed, expiring, revocable bearer tokens: `payload.signature`. */
class Tokens {
  #clock;
  #secret;
  #lifetimeMs;
  /** Token id -> when the token would have expired anyway. */
  #revoked = new Map();
  /** User id -> tokens issued before this time are void. */
  #notBefore = new Map();

  constructor({clock, secret, lifetimeMs}) {
    this.#clock = clock;
    this.#secret = secret;
    this.#lifetimeMs = lifetimeMs;
  }

  issue(user) {
    const issuedAt = this.#clock.now();
    const claims = {id: randomUUID(), user: user.id, issuedAt, expiresAt: issuedAt + this.#lifetimeMs};
    const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return {token: `${payload}.${this.#sign(payload)}`, expiresAt: claims.expiresAt};
  }

  /** @returns the claims of a token that is good @throws {ApiError} 401 */
  verify(token) {
    const [payload, signature = ''] = token.split('.');
    const expected = Buffer.from(this.#sign(payload));
    const actual = Buffer.from(signature);
    if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) {
      throw unauthorized('bad_token', 'The token is not one of this service');
    }
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    if (claims.expiresAt <= this.#clock.now()) throw unauthorized('token_expired', 'The token has expired');
    if (this.#revoked.has(claims.id) || claims.issuedAt < (this.#notBefore.get(claims.user) ?? 0)) {
      throw unauthorized('token_revoked', 'The token has been revoked');
    }
    return claims;
  }

  revoke(claims) {
    const now = this.#clock.now();
    for (const [id, expiresAt] of this.#revoked) if (expiresAt <= now) this.#revoked.delete(id);
    this.#revoked.set(claims.id, claims.expiresAt);
  }

  /** Voids every token of a user that was issued up to now. */
  revokeAll(userId) {
    this.#notBefore.set(userId, this.#clock.now() + 1);
  }

  #sign(payload) {
    return createHmac('sha256', this.#secret).update(payload).digest('base64url');
  }
}

module.exports = {Tokens};
