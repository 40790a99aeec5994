'use strict';
/** Amounts are whole cents. */

/** A percentage of an amount, half a cent rounded up. */
const percentOf = (cents, percent) => Math.floor((cents * percent) / 100 + 0.5);

/**
 * Splits an amount in proportion to `weights` without losing a cent: everyone's share is rounded
 * down, and the cents that are left go to those who lost the largest fractions.
 */
function allocate(cents, weights) {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return weights.map(() => 0);
  const exact = weights.map(weight => (cents * weight) / total);
  const shares = exact.map(Math.floor);
  let left = cents - shares.reduce((sum, share) => sum + share, 0);
  const byLoss = exact
    .map((share, index) => ({index, loss: share - Math.floor(share)}))
    .sort((a, b) => b.loss - a.loss || a.index - b.index);
  for (const {index} of byLoss) {
    if (left-- <= 0) break;
    shares[index]++;
  }
  return shares;
}

const formatCents = cents =>
  `${cents < 0 ? '-' : ''}${Math.floor(Math.abs(cents) / 100)}.${String(Math.abs(cents) % 100).padStart(2, '0')}`;

module.exports = {percentOf, allocate, formatCents};
