/** Where the tests of a part of a file are. */
import type {CutTests} from '../core/wire/fileCut';

/** @returns a place that is not in the file, or not above the place before it; null: there is none */
export function misplacedTest({names, own}: Pick<CutTests, 'names' | 'own'>): number | null {
  return own.find((place, index) => place >= names.length || place <= (own[index - 1] ?? -1)) ?? null;
}
