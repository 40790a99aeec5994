/** Tests that one run of a file has and another has not, by name, as lines of a diff. */

/** The tests that were found somewhere, in a worker or on a node. */
export interface NamedTests {
  readonly where: string;
  readonly names: readonly string[];
}

/** So many names are shown of each side. */
const SHOWN = 10;

/** Names that one has more often than the other, and the reverse. */
export function nameDifference(one: NamedTests, other: NamedTests): string[] {
  return [...onlyIn(one, other, '-'), ...onlyIn(other, one, '+')];
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

/** For each name that not all have equally often, those that have it. */
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

function shown(lines: readonly string[]): string[] {
  return lines.length > SHOWN ? [...lines.slice(0, SHOWN), `and ${lines.length - SHOWN} more`] : [...lines];
}

/** As JSON: what is not seen in a name may be the difference. */
export function quoteName(name: string | undefined): string {
  return JSON.stringify(name);
}
