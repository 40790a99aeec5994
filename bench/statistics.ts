export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * The upper bound of the one-sided 95% confidence interval of the mean, by Student's t.
 *
 * @param values at least two
 */
export function boundOfMean(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const error = Math.sqrt(squares / (values.length - 1) / values.length);
  return mean + quantileOfT(values.length - 1) * error;
}

/**
 * The 95% quantile of Student's t, as an expansion for few degrees of freedom. From 4 degrees on, its error is below
 * 0.01.
 */
function quantileOfT(degrees: number): number {
  const z = 1.6448536;
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
  ];
  return z + terms[0]! / degrees + terms[1]! / degrees ** 2 + terms[2]! / degrees ** 3;
}

/** The ratios of paired measurements, second to first: the median, and the upper bound of the mean. */
export function describeRatios(first: readonly number[], second: readonly number[]): string {
  const ratios = second.map((value, index) => value / first[index]!);
  return `${median(ratios).toFixed(3)}, 95% bound of the mean ${boundOfMean(ratios).toFixed(3)}`;
}
