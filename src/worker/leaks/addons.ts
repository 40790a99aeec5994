/** Finds the native addons that this process has loaded. Node does not see what they keep in memory or open. */

/** Addons that keep nothing of a project: Jest's resolver, and a transformer. */
const STATELESS =
  /[\\/]node_modules[\\/](?:@unrs[\\/][^\\/]+|unrs-resolver|@swc[\\/]core[^\\/]*)[\\/](?!(?:.*[\\/])?node_modules[\\/])/;

/** The paths of addons that may keep something. Jest loads the addons of tests with the process's own `require`. */
export function statefulAddons(loaded: Iterable<string> = Object.keys(require.cache)): string[] {
  return [...loaded].filter(path => path.endsWith('.node') && !STATELESS.test(path));
}
