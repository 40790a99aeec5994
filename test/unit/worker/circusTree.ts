/** The parts of jest-circus's tree of a test file that a worker reads. */
import type {Circus} from '@jest/types';
import type {CollectedState} from '../../../src/worker/circus/testGroups';

type Mode = 'skip' | 'only' | 'todo' | undefined;

export interface BlockOptions {
  readonly mode?: Mode;
  readonly hooks?: readonly Circus.HookType[];
  /** jest.retryTimes with entireDescribe. */
  readonly retried?: boolean;
}

type Child = Circus.DescribeBlock | Circus.TestEntry;

const retried = new WeakMap<Circus.DescribeBlock, unknown>();

export function test(name: string, mode?: Mode, concurrent = false): Circus.TestEntry {
  return {type: 'test', name, mode, concurrent} as Circus.TestEntry;
}

export function concurrent(name: string, mode?: Mode): Circus.TestEntry {
  return test(name, mode, true);
}

export function block(name: string, children: readonly Child[], options: BlockOptions = {}): Circus.DescribeBlock {
  const made = {
    type: 'describeBlock',
    name,
    mode: options.mode,
    hooks: (options.hooks ?? []).map(type => ({type})),
    children: [...children],
    parent: undefined,
  } as unknown as Circus.DescribeBlock;
  for (const child of made.children) (child as {parent?: unknown}).parent = made;
  if (options.retried) retried.set(made, {numRetries: 1});
  return made;
}

export function file(
  children: readonly Child[],
  {
    focused = false,
    pattern,
    ...options
  }: BlockOptions & {readonly focused?: boolean; readonly pattern?: RegExp | undefined} = {},
): CollectedState {
  return {
    rootDescribeBlock: block('ROOT_DESCRIBE_BLOCK', children, options),
    hasFocusedTests: focused,
    ...(pattern !== undefined && {testNamePattern: pattern}),
    describeRetryOptions: retried,
  };
}
