/**
 * A reporter of Jest that writes a page about the run: `reporters: ['default', ['jest-runner-xdist/report', {}]]`. On
 * GitHub Actions, it also adds to the summary of the job.
 */
import {appendFileSync, existsSync, mkdirSync, statSync, writeFileSync} from 'node:fs';
import {dirname, relative, resolve} from 'node:path';
import type {AggregatedResult} from '@jest/test-result';
import type {Config} from '@jest/types';
import {readRecording} from '../recording';
import {latestRecording} from '../run/recording/latestRecording';
import {evidenceOf} from './evidence';
import {markdown, MOST_BYTES} from './markdown';
import type {ReportModel} from './model';
import {pageFile} from './pageFile';
import {reportModel} from './reportModel';

interface ReportOptions {
  /** Where the page is written to, relative to `rootDir`. Default: `report.html`. */
  readonly outputFile?: string;
  /** Whether to add to the summary of the job on GitHub Actions. Default: true. */
  readonly jobSummary?: boolean;
}

class ReportReporter {
  readonly #outputFile: string;
  readonly #jobSummary: boolean;
  #error: Error | undefined;

  constructor({rootDir}: Pick<Config.GlobalConfig, 'rootDir'>, options: ReportOptions = {}) {
    const {outputFile = 'report.html', jobSummary = true, ...unknown} = options;
    const [name] = Object.keys(unknown);
    if (name !== undefined) {
      throw new Error(`jest-runner-xdist/report has no option "${name}": it has "outputFile" and "jobSummary".`);
    }
    if (typeof outputFile !== 'string' || typeof jobSummary !== 'boolean') {
      throw new Error('jest-runner-xdist/report: "outputFile" must be a path, and "jobSummary" true or false.');
    }
    this.#outputFile = resolve(rootDir, outputFile);
    this.#jobSummary = jobSummary;
  }

  onRunComplete(_contexts: unknown, results: AggregatedResult): void {
    const recording = latestRecording();
    if (recording === null) {
      say('there is no report: this run has no recording (the runner is another one, or "recording" is false)');
      return;
    }
    try {
      const model = reportModel(readRecording(recording), evidenceOf(results));
      mkdirSync(dirname(this.#outputFile), {recursive: true});
      writeFileSync(this.#outputFile, pageFile(model));
      if (this.#jobSummary) addToJobSummary(model);
      say(`the report is ${relative(process.cwd(), this.#outputFile) || this.#outputFile}`);
    } catch (error) {
      this.#error = new Error(`jest-runner-xdist/report: the report of ${recording} cannot be written`, {cause: error});
      say(`there is no report: ${(error as Error).message}`);
    }
  }

  /** Jest fails the run if there is one. */
  getLastError(): Error | undefined {
    return this.#error;
  }
}

/** GitHub shows the file of this variable beside the job. Other steps' commands may have written to it. */
function addToJobSummary(model: ReportModel): void {
  const {GITHUB_ACTIONS, GITHUB_STEP_SUMMARY: path} = process.env;
  if (GITHUB_ACTIONS !== 'true' || path === undefined || path === '') return;
  const used = existsSync(path) ? statSync(path).size : 0;
  appendFileSync(path, markdown(model, MOST_BYTES - used));
}

function say(text: string): void {
  process.stderr.write(`jest-runner-xdist: ${text}\n`);
}

export = ReportReporter;
