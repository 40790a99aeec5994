/** Lines of a diff between the test names of two runs of a file. */

/** The names of the tests that a file defined in one place: in a worker or on a node. */
export interface NamedTests {
  readonly where: string;
  readonly names: readonly string[];
}

/** The diff shows at most this many names of each side. */
const SHOWN = 10;

/** The names that one side has more often than the other. */
export function nameDifference(one: NamedTests, other: NamedTests): string[] {
  return [...onlyIn(one, other, '-'), ...onlyIn(other, one, '+')];
}

/** How two lists of tests differ: in their names or, if these are the same, in their order. Empty: they do not. */
export function listDifference(one: NamedTests, other: NamedTests): string[] {
  const only = nameDifference(one, other);
  if (only.length > 0) return only;
  const at = one.names.findIndex((name, index) => name !== other.names[index]);
  if (at === -1) return [];
  return [
    `the names are the same, but in a different order: test ${at + 1} is`,
    `- ${quoteName(one.names[at])} in ${one.where}`,
    `+ ${quoteName(other.names[at])} in ${other.where}`,
  ];
}

function onlyIn({where, names}: NamedTests, other: NamedTests, sign: string): string[] {
  const left = new Map<string, number>();
  for (const name of other.names) left.set(name, (left.get(name) ?? 0) + 1);
  const only: string[] = [];
  for (const name of names) {
    const count = left.get(name) ?? 0;
    if (count > 0) left.set(name, count - 1);
    else only.push(`${quoteName(name)} (only in ${where})`);
  }
  return shown(only).map(line => `${sign} ${line}`);
}

/** For each name that does not occur equally often everywhere, the places that have it. */
export function nameOwners(all: readonly NamedTests[]): string[] {
  const counts = new Map<string, number[]>();
  all.forEach(({names}, k) => {
    for (const name of names) {
      const each = counts.get(name) ?? all.map(() => 0);
      each[k] = (each[k] ?? 0) + 1;
      counts.set(name, each);
    }
  });
  return shown(
    [...counts]
      .filter(([, each]) => each.some(count => count !== each[0]))
      .map(([name, each]) => {
        const isSingle = each.every(count => count <= 1);
        const owners = all.flatMap(({where}, k) => {
          const count = each[k] ?? 0;
          if (count === 0) return [];
          return [isSingle ? where : `${count === 1 ? 'once' : `${count} times`} in ${where}`];
        });
        return `${quoteName(name)} (${isSingle ? 'only in ' : ''}${owners.join(', ')})`;
      }),
  );
}

/** At most ten lines. */
export function shown(lines: readonly string[]): string[] {
  return lines.length > SHOWN ? [...lines.slice(0, SHOWN), `and ${lines.length - SHOWN} more`] : [...lines];
}

/** As JSON: the difference may be an invisible character. */
export function quoteName(name: string | undefined): string {
  return JSON.stringify(name);
}
