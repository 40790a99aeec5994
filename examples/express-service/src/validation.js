'use strict';
/**
 * Checks of what comes from outside. A check takes a value and returns what is wrong with it: a list
 * of {field, message}, empty when nothing is. All problems are reported at once, not just the first.
 */
const {invalid} = require('./errors');

const problem = (field, message) => [{field, message}];

const text =
  ({min = 1, max = 200, pattern, patternName} = {}) =>
  (value, field) => {
    if (typeof value !== 'string') return problem(field, 'must be a string');
    const length = value.trim().length;
    if (length < min) return problem(field, min === 1 ? 'must not be empty' : `must have at least ${min} characters`);
    if (length > max) return problem(field, `must have at most ${max} characters`);
    if (pattern && !pattern.test(value)) return problem(field, `must be ${patternName}`);
    return [];
  };

const integer =
  ({min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER} = {}) =>
  (value, field) => {
    if (!Number.isSafeInteger(value)) return problem(field, 'must be an integer');
    if (value < min) return problem(field, `must be at least ${min}`);
    if (value > max) return problem(field, `must be at most ${max}`);
    return [];
  };

const oneOf =
  (...values) =>
  (value, field) =>
    values.includes(value) ? [] : problem(field, `must be one of ${values.join(', ')}`);

const listOf =
  (check, {min = 0, max = 100, uniqueBy} = {}) =>
  (value, field) => {
    if (!Array.isArray(value)) return problem(field, 'must be a list');
    if (value.length < min) return problem(field, `must have at least ${min} entries`);
    if (value.length > max) return problem(field, `must have at most ${max} entries`);
    const problems = value.flatMap((entry, index) => check(entry, `${field}[${index}]`));
    if (problems.length > 0 || !uniqueBy) return problems;
    const seen = new Set();
    return value.flatMap((entry, index) => {
      const key = uniqueBy(entry);
      if (seen.has(key)) return problem(`${field}[${index}]`, `repeats ${key}`);
      seen.add(key);
      return [];
    });
  };

const optional = check =>
  Object.assign((value, field) => (value === undefined ? [] : check(value, field)), {optional: true});

/** An object with exactly these fields. */
const shape = fields => (value, field) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return problem(field || 'body', 'must be an object');
  const path = name => (field ? `${field}.${name}` : name);
  const known = Object.entries(fields).flatMap(([name, check]) => {
    if (value[name] === undefined) return check.optional ? [] : problem(path(name), 'is required');
    return check(value[name], path(name));
  });
  const unknown = Object.keys(value)
    .filter(name => !Object.hasOwn(fields, name))
    .flatMap(name => problem(path(name), 'is not a known field'));
  return [...known, ...unknown];
};

/** @throws {ApiError} 422 with every problem */
function validate(check, value) {
  const problems = check(value, '');
  if (problems.length > 0) throw invalid(problems);
  return value;
}

const sku = text({
  max: 20,
  pattern: /^[A-Z0-9]+(-[A-Z0-9]+)*$/,
  patternName: 'upper-case letters and digits joined by hyphens',
});
const email = text({max: 254, pattern: /^[^\s@]+@[^\s@]+\.[^\s@]+$/, patternName: 'an e-mail address'});

module.exports = {text, integer, oneOf, listOf, optional, shape, validate, sku, email};
