/** Native addons that this process has loaded: what they keep in memory or open, Node does not see. */

/** These keep nothing of a project: Jest's resolver, and a transformer. */
const STATELESS =
  /[\\/]node_modules[\\/](?:@unrs[\\/][^\\/]+|unrs-resolver|@swc[\\/]core[^\\/]*)[\\/](?!(?:.*[\\/])?node_modules[\\/])/;

/** Paths of those that may keep something. Jest loads those of tests with the `require` of the process. */
export function statefulAddons(loaded: Iterable<string> = Object.keys(require.cache)): string[] {
  return [...loaded].filter(path => path.endsWith('.node') && !STATELESS.test(path));
}
