/** What was installed, and is not the project's own. */

/** Whether a file is of a package: it does not change while one works on the project. */
export function isOfAPackage(path: string): boolean {
  return /[\\/]node_modules[\\/]/.test(path);
}
