'use strict';
const {ApiError} = require('../errors');

/** Above this many callers, those who have not been heard of for long enough are forgotten. */
const MAX_BUCKETS = 10_000;

/** A token bucket for each caller: bursts up to `capacity`, `refillPerSecond` in the long run. */
class RateLimiter {
  #buckets = new Map();
  #clock;
  #capacity;
  #refillPerSecond;

  constructor({clock, capacity, refillPerSecond}) {
    this.#clock = clock;
    this.#capacity = capacity;
    this.#refillPerSecond = refillPerSecond;
  }

  get capacity() {
    return this.#capacity;
  }

  take(caller) {
    const now = this.#clock.now();
    const tokens = this.#tokensAt(caller, now);
    if (tokens < 1) return {allowed: false, remaining: 0, retryAfterMs: ((1 - tokens) / this.#refillPerSecond) * 1000};
    this.#buckets.set(caller, {tokens: tokens - 1, at: now});
    if (this.#buckets.size > MAX_BUCKETS) this.#forgetFull(now);
    return {allowed: true, remaining: Math.floor(tokens - 1), retryAfterMs: 0};
  }

  #tokensAt(caller, now) {
    const bucket = this.#buckets.get(caller);
    if (bucket === undefined) return this.#capacity;
    return Math.min(this.#capacity, bucket.tokens + ((now - bucket.at) / 1000) * this.#refillPerSecond);
  }

  /** A bucket that is full again is the same as none. */
  #forgetFull(now) {
    for (const caller of this.#buckets.keys()) {
      if (this.#tokensAt(caller, now) >= this.#capacity) this.#buckets.delete(caller);
    }
  }
}

const rateLimit = limiter => (req, res, next) => {
  const {allowed, remaining, retryAfterMs} = limiter.take(req.user?.id ?? req.ip);
  res.set({'RateLimit-Limit': String(limiter.capacity), 'RateLimit-Remaining': String(remaining)});
  if (allowed) return next();
  throw new ApiError(429, 'rate_limited', 'Too many requests', {
    headers: {'Retry-After': String(Math.ceil(retryAfterMs / 1000))},
  });
};

module.exports = {RateLimiter, rateLimit};
