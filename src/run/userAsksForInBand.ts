/** Whether the user gave `-i`. Jest 29 does not tell its runners. */
import type {Config} from '@jest/types';
import {asksForInBand} from '../core/rules/commandLine';

export function userAsksForInBand({runInBand}: Pick<Config.GlobalConfig, 'runInBand'>): boolean {
  const handedOn = (runInBand as boolean | undefined) !== undefined;
  return handedOn ? runInBand : asksForInBand(process.argv.slice(2));
}
