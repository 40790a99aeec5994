/** Tells installed packages from the project's own files. */

/** Whether a file belongs to an installed package. Such a file does not change while somebody works on the project. */
export function isOfAPackage(path: string): boolean {
  return /[\\/]node_modules[\\/]/.test(path);
}
