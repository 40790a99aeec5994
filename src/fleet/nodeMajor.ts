/** The major version of this process's Node, such as `24`. */
export function nodeMajor(): string {
  return process.versions.node.split('.')[0] ?? '';
}
