/** The environment variables of a fleet beside the option's own: what must not be in a config, an argument or a log. */

/** A text from which the keys of all sealed values are derived. */
export const SECRET_VARIABLE = 'XDIST_FLEET_SECRET';
/** The password of the server. */
export const PASSWORD_VARIABLE = 'XDIST_FLEET_PASSWORD';
/** The path of a file with the certificates that may sign the server's, in PEM. */
export const CA_VARIABLE = 'XDIST_FLEET_CA';
/** After the name of a variable: the path of a file with its value. */
export const FILE_SUFFIX = '_FILE';

export const FLEET_VARIABLES = [
  SECRET_VARIABLE,
  SECRET_VARIABLE + FILE_SUFFIX,
  PASSWORD_VARIABLE,
  PASSWORD_VARIABLE + FILE_SUFFIX,
  CA_VARIABLE,
] as const;

/** What no test gets to see: secrets, and a fleet that a Jest which a test starts would join. */
const HIDDEN: readonly string[] = ['XDIST_FLEET', ...FLEET_VARIABLES];

/** As variables to set: each of them goes away. */
export const NO_FLEET: Readonly<Record<string, undefined>> = Object.fromEntries(HIDDEN.map(name => [name, undefined]));

/** An environment for processes with code of tests. */
export function withoutFleet<T extends Readonly<Record<string, string | undefined>>>(environment: T): T {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !HIDDEN.includes(name))) as T;
}
