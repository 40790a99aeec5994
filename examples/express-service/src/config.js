'use strict';
const {randomBytes} = require('node:crypto');

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const DEFAULTS = {
  tokens: {
    // All state is in memory, so tokens need not outlive the process either.
    secret: null,
    lifetimeMs: HOUR,
  },
  passwords: {
    // scrypt's N. OWASP's minimum for r=8, p=1 is 2^17; 2^15 keeps a small machine usable.
    cost: 2 ** 15,
    minLength: 10,
  },
  login: {maxFailures: 5, lockMs: 15 * MINUTE},
  rateLimit: {capacity: 100, refillPerSecond: 50},
  idempotency: {lifetimeMs: DAY},
  orders: {reservationMs: 30 * MINUTE, returnMs: 30 * DAY, maxLines: 50},
  jobs: {concurrency: 2, maxAttempts: 5, backoffMs: 200, backoffFactor: 2},
  webhooks: {timeoutMs: 5_000},
  pages: {defaultLimit: 20, maxLimit: 100},
};

/** The defaults with `overrides` laid over them, section by section. */
function resolveConfig(overrides = {}) {
  for (const section of Object.keys(overrides)) {
    if (!(section in DEFAULTS)) throw new TypeError(`config: there is no section "${section}"`);
  }
  const config = Object.fromEntries(
    Object.entries(DEFAULTS).map(([section, defaults]) => [section, {...defaults, ...overrides[section]}]),
  );
  config.tokens.secret ??= randomBytes(32).toString('hex');
  return config;
}

module.exports = {resolveConfig};
