'use strict';
const {randomBytes, scrypt: scryptCallback, timingSafeEqual} = require('node:crypto');
const {promisify} = require('node:util');

const scrypt = promisify(scryptCallback);
const BLOCK_SIZE = 8;
const KEY_LENGTH = 32;

const derive = (password, salt, cost) =>
  scrypt(password.normalize('NFKC'), salt, KEY_LENGTH, {
    N: cost,
    r: BLOCK_SIZE,
    // Node's default limit of 32 MiB is just too little for N = 2^15.
    maxmem: 256 * cost * BLOCK_SIZE,
  });

/** The cost is part of the hash, so that it can be raised without locking anybody out. */
async function hashPassword(password, cost) {
  const salt = randomBytes(16);
  const key = await derive(password, salt, cost);
  return `scrypt$${cost}$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

async function verifyPassword(password, hash) {
  const [scheme, cost, salt, key] = hash.split('$');
  if (scheme !== 'scrypt' || key === undefined) throw new TypeError('not a password hash of this service');
  const expected = Buffer.from(key, 'base64url');
  const actual = await derive(password, Buffer.from(salt, 'base64url'), Number(cost));
  return timingSafeEqual(actual, expected);
}

const needsRehash = (hash, cost) => Number(hash.split('$')[1]) < cost;

module.exports = {hashPassword, verifyPassword, needsRehash};
