/** The URL of a fleet's server. */

/** Whether the text names a server, and nothing that we would pass over. */
export function isFleetUrl(text: string): boolean {
  const url = parse(text);
  return (
    url !== null &&
    (url.protocol === 'redis:' || url.protocol === 'rediss:') &&
    url.hostname !== '' &&
    /^\/?\d*$/.test(url.pathname) &&
    url.search === '' &&
    url.hash === ''
  );
}

export function hasPassword(text: string | undefined): boolean {
  return text !== undefined && (parse(text)?.password ?? '') !== '';
}

/** Whether the server is on this machine, where no other can write to it over the network. */
export function isLoopback(text: string): boolean {
  const host = parse(text)?.hostname ?? '';
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function parse(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}
