/**
 * `reporters: [['jest-runner-xdist/reporter', {}], 'summary']`: Jest's own default reporter, with a lane for each worker
 * below its lines. The running Jest's classes are extended, so it prints whatever that Jest prints.
 */
import {relative} from 'node:path';
import type {DefaultReporter} from '@jest/reporters';
import type {AggregatedResult, Test, TestCaseResult, TestResult} from '@jest/test-result';
import type {Circus, Config} from '@jest/types';
import {hasCapability} from '../core/jest/capabilities';
import {describeMissing} from '../core/texts/missingCapabilities';
import {findRunningJest, type JestReporters, type ReporterClass, type RunningJest} from '../run/jest/runningJest';
import {warn} from '../run/warn';
import {LiveView} from './liveView';
import {logStatus} from './logStatus';
import type {Paint} from './screen';
import {hasProgress} from './taskbar';
import {Terminal, type StatusPrinter} from './terminal';

/** Jest's own reporters that print the result of the run, or bring one that does. */
const WITH_SUMMARY = new Set(['summary', 'default', 'agent']);

/** In watch mode, each run has a reporter of its own: what is said once is remembered here. */
const told = new Set<string>();

/** Stands for what Jest constructs; its constructor returns an object of a class that extends the running Jest's. */
class Reporter {
  constructor(globalConfig: Config.GlobalConfig) {
    const jest = findRunningJest();
    warnOfList(globalConfig, jest.reporters().isInteractive);
    const Live = extend(baseOf(globalConfig, jest.reporters()), jest);
    return new Live(globalConfig);
  }
}

/**
 * Jest prints verbosely if the config of the run says so, and since Jest 30 also if that of a project does. A reporter
 * does not know the projects when it is constructed.
 */
function baseOf(
  {verbose: runIsVerbose}: Config.GlobalConfig,
  {DefaultReporter: Default, VerboseReporter}: JestReporters,
): ReporterClass {
  if (runIsVerbose === true) return VerboseReporter;
  const verbosely = Object.getOwnPropertyDescriptor(VerboseReporter.prototype, 'onTestResult') as
    {value?: unknown} | undefined;
  if (typeof verbosely?.value !== 'function' || !('__wrapStdio' in Default.prototype)) return Default;
  return class extends VerboseReporter {
    // Verbosely, what tests write is printed as it comes; otherwise it is collected for a moment.
    override __wrapStdio(stream: NodeJS.WriteStream): void {
      (Default.prototype as unknown as {__wrapStdio(of: unknown): void}).__wrapStdio.call(this, stream);
    }

    override onTestResult(test: Test, result: TestResult, results: AggregatedResult): void {
      const {verbose} = test.context.config as {readonly verbose?: boolean};
      const Printing = verbose === true ? VerboseReporter : Default;
      (Printing.prototype as DefaultReporter).onTestResult.call(this, test, result, results);
    }
  };
}

function extend(Base: ReporterClass, jest: RunningJest): ReporterClass {
  return class LiveReporter extends Base {
    readonly #close: () => void;
    /** null: this Jest's reporter cannot be extended, or the view has failed. */
    #view: LiveView | null;

    constructor(globalConfig: Config.GlobalConfig) {
      super(globalConfig);
      const shows = show(this, globalConfig, jest);
      this.#view = shows?.view ?? null;
      this.#close = shows?.close ?? (() => undefined);
    }

    override onRunStart(...args: Parameters<InstanceType<ReporterClass>['onRunStart']>): void {
      this.#see(view => view.counted(args[0]));
      super.onRunStart(...args);
    }

    override onTestStart(test: Test): void {
      this.#see(view => view.fileBegan(test.path));
      super.onTestStart(test);
    }

    onTestCaseStart(test: Test, info: Circus.TestCaseStartInfo): void {
      this.#see(view => view.testBegan(test.path, [...info.ancestorTitles, info.title]));
    }

    override onTestCaseResult(test: Test, result: TestCaseResult): void {
      this.#see(view => view.testEnded(test.path, result.status));
      super.onTestCaseResult(test, result);
    }

    override onTestResult(test: Test, result: TestResult, results: AggregatedResult): void {
      this.#see(view => {
        view.counted(results);
        view.fileEnded(test.path);
      });
      super.onTestResult(test, result, results);
    }

    override onRunComplete(...args: Parameters<InstanceType<ReporterClass>['onRunComplete']>): void {
      this.#close();
      super.onRunComplete(...args);
    }

    /** An error of the view must not fail a test file, as an error of a reporter does. */
    #see(happened: (view: LiveView) => void): void {
      if (this.#view === null) return;
      try {
        happened(this.#view);
      } catch (error) {
        this.#view = null;
        this.#close();
        tellOnce(`the live view has failed: ${String(error)}`);
      }
    }
  };
}

/** @returns null: nothing is shown beyond what Jest's reporter shows */
function show(
  reporter: object,
  globalConfig: Config.GlobalConfig,
  jest: RunningJest,
): {readonly view: LiveView; readonly close: () => void} | null {
  const {isInteractive, chalk} = jest.reporters();
  const shown = (path: string) => relative(process.cwd(), path).replaceAll('\\', '/');
  if (!isInteractive) {
    if (!globalConfig.ci) return null;
    const view = new LiveView(() => undefined);
    const stop = logStatus(view, shown);
    return {
      view,
      close: () => {
        stop();
        view.close();
      },
    };
  }
  if (!hasCapability('statusLines', reporter)) {
    tellOnce(describeMissing(jest.version, ['statusLines']) ?? '');
    return null;
  }
  const view: LiveView = new LiveView(() => terminal.changed());
  const terminal = new Terminal({
    printer: reporter as StatusPrinter,
    view,
    useStderr: globalConfig.useStderr,
    hasProgress: hasProgress(process.env),
    paint: (process.env.NO_COLOR ?? '') === '' ? chalk : PLAIN,
    shown,
  });
  return {
    view,
    close: () => {
      terminal.close();
      view.close();
    },
  };
}

const same = (text: string) => text;
const PLAIN: Paint = {yellow: same, red: same, bold: same, dim: same};

/** @param isInteractive then Jest has written "Determining test suites to run..." on the line, to take it away later */
function warnOfList({reporters}: Config.GlobalConfig, isInteractive: boolean): void {
  const names = (reporters ?? []).map(([name]) => name);
  const isWhole = names.some(name => WITH_SUMMARY.has(name));
  const twice = names.find(name => name === 'default' || name === 'agent');
  if ((!isWhole || twice !== undefined) && isInteractive) process.stderr.write('\r\u001B[K');
  if (!isWhole) {
    tellOnce(
      'nothing prints the result of the run, because "reporters" has no "summary". Write: ' +
        'reporters: [["jest-runner-xdist/reporter", {}], "summary"].',
    );
  }
  if (twice !== undefined) {
    tellOnce(
      `each test file is reported twice, because "reporters" has "${twice}" beside "jest-runner-xdist/reporter". ` +
        'Replace it by "summary".',
    );
  }
}

function tellOnce(text: string): void {
  if (told.has(text)) return;
  told.add(text);
  warn(text);
}

/** Does not use Jest's types, because a project may not be able to resolve Jest's packages. */
interface ExportedReporter {
  new (globalConfig: never, options?: unknown, context?: unknown): object;
}

const exported: ExportedReporter = Reporter;

// Not a default export, as in src/index.ts.
export = exported;
