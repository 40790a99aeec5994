/** The Jest of the checkout in which recordings are told, and what it says of its own config. */
import {spawn} from 'node:child_process';
import {join} from 'node:path';
import * as v from 'valibot';
import {findJestCommand, showConfig} from '../run/jest/projectJest';
import {ReplayError} from './replayError';

const text = v.string();

const shown = v.looseObject({
  version: text,
  globalConfig: v.looseObject({
    rootDir: text,
    bail: v.number(),
    ci: v.boolean(),
    collectCoverage: v.boolean(),
    coverageProvider: text,
    expand: v.boolean(),
    randomize: v.optional(v.boolean(), false),
    silent: v.optional(v.boolean(), false),
    verbose: v.nullish(v.boolean(), null),
    watch: v.boolean(),
    watchAll: v.boolean(),
  }),
  configs: v.array(
    v.looseObject({
      id: text,
      rootDir: text,
      runner: text,
      displayName: v.optional(v.looseObject({name: text})),
    }),
  ),
});

/** What `jest --showConfig` prints, as far as we need it. */
export type ShownConfig = v.InferOutput<typeof shown>;
export type ShownProject = ShownConfig['configs'][number];

export interface Checkout {
  /** The command of its Jest. */
  readonly bin: string;
  readonly config: ShownConfig;
}

/**
 * @param jestArguments those of the user: they may name the config
 * @throws {ReplayError}
 */
export function readCheckout(cwd: string, jestArguments: readonly string[]): Checkout {
  const bin = findJestCommand(join(cwd, 'package.json'));
  if (bin === null) throw new ReplayError(`there is no Jest in ${cwd}: install the project's dependencies first.`);
  const {config, stdout, stderr, error} = showConfig(bin, cwd, jestArguments);
  if (error !== null) throw new ReplayError(`Jest could not be started: ${error}`);
  const checked = v.safeParse(shown, config);
  if (!checked.success) throw new ReplayError(`Jest could not read the config of this checkout.\n${stderr}${stdout}`);
  return {bin, config: checked.output};
}

/** Runs Jest on our standard streams. @returns its exit code */
export function runJest(
  {bin}: Pick<Checkout, 'bin'>,
  cwd: string,
  jestArguments: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<number> {
  const jest = spawn(process.execPath, [bin, ...jestArguments], {
    cwd,
    stdio: 'inherit',
    env: {...process.env, ...variables},
  });
  // The terminal sends Ctrl-C to Jest, too: we end after it, and remove what we wrote for it.
  const wait = () => undefined;
  const handOn = () => void jest.kill('SIGTERM');
  process.on('SIGINT', wait);
  process.on('SIGTERM', handOn);
  return new Promise<number>((resolve, reject) => {
    jest.on('error', error => reject(new ReplayError(`Jest could not be started: ${error.message}`)));
    jest.on('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  }).finally(() => {
    process.off('SIGINT', wait);
    process.off('SIGTERM', handOn);
  });
}
