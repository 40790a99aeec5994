/** The outcome of one test file in Jest's output, and the expected outcome of several together. */
import type {JestOutput, Files} from './project';

type FileResult = NonNullable<JestOutput['json']>['testResults'][number];

export function resultOf(json: JestOutput['json'], file: string): FileResult | undefined {
  return json?.testResults.find(({name}) => name.endsWith(file));
}

/** By test: its status. */
export function statuses({json}: JestOutput, file: string): Record<string, string> {
  const result = resultOf(json, file);
  return Object.fromEntries(result?.assertionResults.map(({fullName, status}) => [fullName, status]) ?? []);
}

/** All failures of a file, as a user reads them. */
export function messageOf({json}: JestOutput, file: string): string {
  return resultOf(json, file)?.message ?? '';
}

/** A test file, and what becomes of it. */
export interface FileCase {
  readonly source: string;
  readonly statuses: Readonly<Record<string, string>>;
  readonly says: readonly RegExp[];
}

/** By path. */
export type FileCases = Readonly<Record<string, FileCase>>;

export function sourcesOf(cases: FileCases): Files {
  return Object.fromEntries(Object.entries(cases).map(([file, {source}]) => [file, source]));
}

export function expectOutcomes(output: JestOutput, cases: FileCases): void {
  for (const [file, {statuses: expected, says}] of Object.entries(cases)) {
    expect({[file]: statuses(output, file)}).toEqual({[file]: expected});
    for (const text of says) expect(messageOf(output, file)).toMatch(text);
  }
}
