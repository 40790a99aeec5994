/** The suites of `-- speed`. Each one is also a part of the benchmark by itself. */
import {heavyImports, largeResults, oneTinyFile, smallSuite, testingLibrary, tinyFiles, tsJest} from './generated';
import {react} from './react';
import {service} from './service';
import type {SpeedSuite} from './suite';

export const SPEED_SUITES: Readonly<Record<string, () => SpeedSuite>> = {
  imports: heavyImports,
  jsdom: testingLibrary,
  tiny: tinyFiles,
  'one-tiny': oneTinyFile,
  small: smallSuite,
  'ts-jest': tsJest,
  results: largeResults,
  react,
  service,
};
