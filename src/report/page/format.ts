/** Numbers as people read them. */

const whole = new Intl.NumberFormat('en');

export function count(number: number, thing?: string): string {
  const text = whole.format(number);
  return thing === undefined ? text : `${text} ${thing}${number === 1 ? '' : 's'}`;
}

/** As in `3 ms`, `1.24 s`, `2 min 5 s`. */
export function time(ms: number): string {
  if (ms < 10 && ms > 0) return `${Math.max(0.1, Math.round(ms * 10) / 10)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9995) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 119_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

export function difference(ms: number): string {
  return `${ms < 0 ? '−' : '+'}${time(Math.abs(ms))}`;
}

/** As in `120 MB`. */
export function size(bytes: number): string {
  const sign = bytes < 0 ? '−' : '';
  const megabytes = Math.abs(bytes) / 1e6;
  if (megabytes < 10) return `${sign}${megabytes.toFixed(1)} MB`;
  return megabytes < 1000 ? `${sign}${Math.round(megabytes)} MB` : `${sign}${(megabytes / 1000).toFixed(2)} GB`;
}

export function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** @param startedAt in ms since the epoch */
export function date(startedAt: number): string {
  return new Date(startedAt).toLocaleString('en', {dateStyle: 'medium', timeStyle: 'short'});
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
