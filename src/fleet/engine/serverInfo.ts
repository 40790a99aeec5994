/** What a server must be for a fleet, as its answer to INFO says. */

const OLDEST = [6, 2] as const;

/** @returns why the server cannot be used, as the end of "The fleet's server … "; null: it can be */
export function unfitServer(info: string): string | null {
  const fields = new Map(
    info.split(/\r?\n/).map(line => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1)] as const;
    }),
  );
  // Valkey names its own version, and beside it the version of Redis that it is compatible with.
  const version = fields.get('redis_version');
  if (version === undefined) {
    return 'does not say which version of Redis or Valkey it is. A fleet needs Redis 6.2 or later, or Valkey.';
  }
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    return `is Redis ${version}. A fleet needs Redis ${OLDEST.join('.')} or later, or Valkey.`;
  }
  if (fields.get('redis_mode') === 'cluster' || fields.get('cluster_enabled') === '1') {
    return 'is a cluster. A fleet needs a server with one node.';
  }
  if (fields.get('role') === 'slave') {
    return 'is a replica. A fleet needs the primary, which can be written to.';
  }
  // Any other policy deletes parts of a run when the memory is full, and those that end by themselves first.
  const policy = fields.get('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    return (
      `deletes keys when its memory is full (maxmemory-policy ${policy}). ` +
      "Set the server's maxmemory-policy to noeviction."
    );
  }
  return null;
}
