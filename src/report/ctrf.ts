/** A report in the Common Test Report Format (https://ctrf.io), version 0.0.0 of its specification. */
import type {ReportFile, ReportModel, TestStatus} from './model';

const STATUS = {
  passed: 'passed',
  failed: 'failed',
  pending: 'skipped',
  skipped: 'skipped',
  disabled: 'skipped',
  focused: 'other',
  todo: 'pending',
} as const satisfies Record<TestStatus, string>;

type CtrfStatus = (typeof STATUS)[TestStatus];

interface CtrfTest {
  readonly name: string;
  readonly status: CtrfStatus;
  /** In ms. */
  readonly duration: number;
  readonly start?: number;
  readonly stop?: number;
  readonly suite?: readonly [string, ...string[]];
  readonly filePath: string;
  readonly rawStatus: string;
  readonly threadId?: string;
  readonly message?: string;
  readonly trace?: string;
}

export function ctrf(model: ReportModel): unknown {
  const {run} = model;
  const messages = new Map(model.failures.map(({file, titles, evidence}) => [keyOf(file, titles), evidence]));
  const tests = model.files.flatMap((file, index) => testsOf(model, file, index, messages));
  const counted = (status: CtrfStatus) => tests.filter(test => test.status === status).length;
  const [branchName, commit] = run.commit.split(' ');
  return {
    reportFormat: 'CTRF',
    specVersion: '0.0.0',
    generatedBy: 'jest-runner-xdist',
    timestamp: new Date(run.startedAt + run.ms).toISOString(),
    results: {
      tool: {name: 'jest', version: (run.versions[0] ?? '').replace('Jest ', ''), extra: {runner: run.versions[1]}},
      summary: {
        tests: tests.length,
        passed: counted('passed'),
        failed: counted('failed'),
        skipped: counted('skipped'),
        pending: counted('pending'),
        other: counted('other'),
        suites: model.files.length,
        start: Math.round(run.startedAt),
        stop: Math.round(run.startedAt + run.ms),
        duration: Math.round(run.ms),
      },
      tests,
      environment: {
        ...(commit !== undefined && branchName !== undefined && {branchName, commit}),
        osPlatform: run.machine,
      },
    },
  };
}

function testsOf(
  {run, lanes}: ReportModel,
  file: ReportFile,
  index: number,
  messages: ReadonlyMap<string, readonly string[]>,
): CtrfTest[] {
  const moment = (at: number) => Math.round(run.startedAt + at);
  const tests = file.tests.map(([titles, status, ms, at, lane]): CtrfTest => {
    const [first, ...rest] = [...(file.project === null ? [] : [file.project]), ...titles.slice(0, -1)];
    const name = lane === null ? undefined : lanes[lane]?.name;
    return {
      name: titles.at(-1) || '(no title)',
      status: STATUS[status],
      duration: Math.round(ms ?? 0),
      ...(at !== null && {start: moment(at), stop: moment(at + (ms ?? 0))}),
      ...(first !== undefined && {suite: [first, ...rest] as const}),
      filePath: file.path,
      rawStatus: status,
      ...(name !== undefined && {threadId: name}),
      ...evidenceOf(messages.get(keyOf(index, titles))),
    };
  });
  const own = messages.get(keyOf(index, []));
  if (own === undefined) return tests;
  // A file without a result is a failure of its own: the format knows tests alone.
  const failure = {name: file.path, status: 'failed', duration: 0, filePath: file.path, rawStatus: 'failed'} as const;
  return [...tests, {...failure, ...evidenceOf(own)}];
}

function evidenceOf(lines: readonly string[] | undefined): {message?: string; trace?: string} {
  if (lines === undefined || lines.length === 0) return {};
  return {message: lines[0] ?? '', trace: lines.join('\n')};
}

function keyOf(file: number, titles: readonly string[]): string {
  return JSON.stringify([file, ...titles]);
}
