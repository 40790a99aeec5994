'use strict';
const {conflict, unauthorized, ApiError} = require('../errors');
const {hashPassword, needsRehash, verifyPassword} = require('../passwords');
const {Table, sequence} = require('./table');

/** Accounts: who may log in, and who has tried too often. */
class Users {
  #table = new Table({unique: 'email'});
  #nextId = sequence('usr');
  #clock;
  #passwords;
  #login;
  /** A hash that no password has: an unknown e-mail must take as long to refuse as a known one. */
  #decoy = null;

  constructor({clock, passwords, login}) {
    this.#clock = clock;
    this.#passwords = passwords;
    this.#login = login;
  }

  async register({email, password, role = 'customer'}) {
    const normalized = email.trim().toLowerCase();
    if (this.#table.findUnique(normalized) !== null)
      throw conflict('email_taken', 'There is an account with this e-mail address');
    const passwordHash = await hashPassword(password, this.#passwords.cost);
    return this.#table.insert({
      id: this.#nextId(),
      email: normalized,
      role,
      passwordHash,
      failures: 0,
      lockedUntil: 0,
      createdAt: this.#clock.now(),
    });
  }

  get(id) {
    return this.#table.get(id);
  }

  /** @throws {ApiError} 401, or 423 while the account is locked */
  async logIn(email, password) {
    const user = this.#table.findUnique(email.trim().toLowerCase());
    if (user !== null && user.lockedUntil > this.#clock.now()) {
      const seconds = Math.ceil((user.lockedUntil - this.#clock.now()) / 1000);
      throw new ApiError(423, 'locked', 'Too many failed attempts', {headers: {'Retry-After': String(seconds)}});
    }
    this.#decoy ??= hashPassword('', this.#passwords.cost);
    const hash = user?.passwordHash ?? (await this.#decoy);
    const matches = await verifyPassword(password, hash);
    if (user === null || !matches) {
      if (user !== null) this.#noteFailure(user.id);
      throw unauthorized('bad_credentials', 'E-mail address or password is wrong');
    }
    const passwordHash = needsRehash(hash, this.#passwords.cost)
      ? await hashPassword(password, this.#passwords.cost)
      : hash;
    return this.#table.update(user.id, {failures: 0, lockedUntil: 0, passwordHash});
  }

  async changePassword(id, current, next) {
    const user = this.#table.get(id);
    if (!(await verifyPassword(current, user.passwordHash)))
      throw unauthorized('bad_credentials', 'The current password is wrong');
    this.#table.update(id, {passwordHash: await hashPassword(next, this.#passwords.cost)});
  }

  #noteFailure(id) {
    // Read again: other attempts may have failed while this one's password was being checked.
    const failures = this.#table.get(id).failures + 1;
    const locked = failures >= this.#login.maxFailures;
    this.#table.update(id, locked ? {failures: 0, lockedUntil: this.#clock.now() + this.#login.lockMs} : {failures});
  }
}

module.exports = {Users};
