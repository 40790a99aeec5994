'use strict';
const {conflict} = require('../errors');

/**
 * Rows in memory, by id. Rows go in and out as copies: whoever changes what it was given changes
 * nothing here. Each change raises the row's version, so that a writer can say which one it saw.
 */
class Table {
  #rows = new Map();
  #unique;

  /** @param unique name of a field that no two rows may share, or null */
  constructor({unique = null} = {}) {
    this.#unique = unique === null ? null : {field: unique, ids: new Map()};
  }

  insert(row) {
    if (this.#rows.has(row.id)) throw conflict('exists', `${row.id} exists already`);
    if (this.#unique !== null) {
      const {field, ids} = this.#unique;
      if (ids.has(row[field])) throw conflict('exists', `${field} ${row[field]} is taken`);
      ids.set(row[field], row.id);
    }
    const stored = {...structuredClone(row), version: 1};
    this.#rows.set(row.id, stored);
    return structuredClone(stored);
  }

  get(id) {
    const row = this.#rows.get(id);
    return row === undefined ? null : structuredClone(row);
  }

  findUnique(value) {
    const id = this.#unique.ids.get(value);
    return id === undefined ? null : this.get(id);
  }

  /** @param expectedVersion the version that the writer has seen; null: whichever it is */
  update(id, changes, expectedVersion = null) {
    const row = this.#rows.get(id);
    if (row === undefined) throw new RangeError(`no row ${id}`);
    if (expectedVersion !== null && row.version !== expectedVersion) {
      throw conflict('version_conflict', `${id} has been changed meanwhile`, {version: row.version});
    }
    if (
      this.#unique !== null &&
      this.#unique.field in changes &&
      changes[this.#unique.field] !== row[this.#unique.field]
    ) {
      throw new TypeError(`${this.#unique.field} cannot be changed`);
    }
    Object.assign(row, structuredClone(changes), {id, version: row.version + 1});
    return structuredClone(row);
  }

  delete(id) {
    const row = this.#rows.get(id);
    if (row === undefined) return false;
    if (this.#unique !== null) this.#unique.ids.delete(row[this.#unique.field]);
    return this.#rows.delete(id);
  }

  /** The rows that match, as copies. */
  filter(matches) {
    const found = [];
    for (const row of this.#rows.values()) if (matches(row)) found.push(structuredClone(row));
    return found;
  }

  some(matches) {
    for (const row of this.#rows.values()) if (matches(row)) return true;
    return false;
  }

  /** The rows as they are when each is reached, in the order of their insertion. */
  *rows() {
    for (const row of this.#rows.values()) yield structuredClone(row);
  }

  get size() {
    return this.#rows.size;
  }
}

/** Ids that sort in the order in which they were given out. */
function sequence(prefix) {
  let last = 0;
  return () => `${prefix}_${String(++last).padStart(6, '0')}`;
}

module.exports = {Table, sequence};
