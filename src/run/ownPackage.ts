/** The runner's own package.json. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

export function ownPackage(): {readonly version: string; readonly reportAt: string | null} {
  try {
    const text = readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8');
    const {version, bugs} = JSON.parse(text) as {version: string; bugs?: {url?: string}};
    return {version, reportAt: bugs?.url ?? null};
  } catch {
    return {version: 'of an unknown version', reportAt: null};
  }
}
