/** What the machines of a fleet compare before they run anything. */
import {compareTexts} from '../shards/shardInput';
import {quoteName, shown} from '../texts/nameDifference';

/** What all machines of a fleet must have in common. */
export interface Collection {
  /** All test files of the run, sorted: `fileKey` of each, and ` #2` after a key that is there a second time. */
  readonly files: readonly string[];
  /** A fingerprint of the configs of all projects, without paths of the machine. */
  readonly config: string;
  readonly versions: {
    readonly runner: string;
    readonly jest: string;
    /** The major version of Node, such as `24`. */
    readonly node: string;
  };
  /** As CI's variables name it; null: unknown. Two commits differ only if both are known. */
  readonly commit: string | null;
  /** The settings that change what runs: `testNamePattern`, `bail`, `coverage` and so on, by name. */
  readonly settings: Readonly<Record<string, string>>;
  /** The names of the nodes with `dist: 'each'`; empty otherwise. */
  readonly nodes: readonly string[];
}

/** Says how this machine's collection differs from that of the plan. @returns null: it does not */
export function differences(planned: Collection, own: Collection): string | null {
  const lines = [
    ...changed('jest-runner-xdist', planned.versions.runner, own.versions.runner),
    ...changed('Jest', planned.versions.jest, own.versions.jest),
    ...changed('Node', planned.versions.node, own.versions.node),
    ...(planned.commit === null || own.commit === null ? [] : changed('commit', planned.commit, own.commit)),
    ...changed('configs (fingerprint)', planned.config, own.config),
    ...changedSettings(planned.settings, own.settings),
    ...changed('nodes', namesOf(planned.nodes), namesOf(own.nodes)),
    ...changedFiles(planned.files, own.files),
  ];
  return lines.length === 0 ? null : lines.join('\n');
}

function changed(what: string, planned: string | null, own: string | null): string[] {
  if (planned === own) return [];
  return [`- ${what}: ${described(planned)} (the plan)`, `+ ${what}: ${described(own)} (this machine)`];
}

function described(value: string | null): string {
  return value === null ? 'not set' : value === '' ? 'empty' : value;
}

function changedSettings(planned: Collection['settings'], own: Collection['settings']): string[] {
  const names = [...new Set([...Object.keys(planned), ...Object.keys(own)])].sort(compareTexts);
  const valueOf = (settings: Collection['settings'], name: string) =>
    Object.hasOwn(settings, name) ? (settings[name] ?? null) : null;
  return names.flatMap(name => changed(name, valueOf(planned, name), valueOf(own, name)));
}

function namesOf(nodes: readonly string[]): string | null {
  return nodes.length === 0 ? null : nodes.map(quoteName).join(', ');
}

function changedFiles(planned: readonly string[], own: readonly string[]): string[] {
  const [inPlan, here] = [new Set(planned), new Set(own)];
  const onlyPlanned = planned.filter(file => !here.has(file));
  const onlyHere = own.filter(file => !inPlan.has(file));
  return [
    ...shown(onlyPlanned.map(file => `- ${file} (only in the plan)`)),
    ...shown(onlyHere.map(file => `+ ${file} (only on this machine)`)),
  ];
}
