/** The paths in a source map. */
import type {RepoPaths} from '../repoPaths';
import {isObject, type Json} from './resultPaths';

/** @returns the map as it is recorded; anything that is no source map stays as it is */
export function sourceMapToRecorded(map: unknown, paths: RepoPaths): unknown {
  return changeMap(map, source => paths.sourceToRecorded(source));
}

/**
 * @param from absolute path of the file to which the map belongs
 * @throws {RangeError} if a source is outside of the root
 */
export function sourceMapFromRecorded(map: unknown, paths: RepoPaths, from: string): unknown {
  if (!isObject(map)) return map;
  const {sourceRoot, sources} = map;
  if (typeof sourceRoot === 'string' && Array.isArray(sources)) {
    // Programs that read source maps put the one before the other.
    const folder = paths.sourceFromRecorded(sourceRoot, from);
    for (const source of sources) if (folder !== '') paths.sourceFromRecorded(`${folder}/${String(source)}`, from);
  }
  return changeMap(map, source => paths.sourceFromRecorded(source, from));
}

function changeMap(map: unknown, change: (source: string) => string): unknown {
  if (!isObject(map)) return map;
  const onText = (value: unknown) => (typeof value === 'string' ? change(value) : value);
  const changed: Record<string, unknown> = {...map};
  if ('file' in map) changed.file = onText(map.file);
  if ('sourceRoot' in map) changed.sourceRoot = onText(map.sourceRoot);
  if (Array.isArray(map.sources)) changed.sources = map.sources.map(onText);
  if (Array.isArray(map.sections)) changed.sections = map.sections.map(section => changeSection(section, change));
  return changed;
}

function changeSection(section: unknown, change: (source: string) => string): unknown {
  return isObject(section) ? ({...section, map: changeMap(section.map, change)} satisfies Json) : section;
}
