/** Why a server cannot be reached, in words for the user. */

const MESSAGES: readonly (readonly [RegExp, (message: string) => string])[] = [
  [
    /WRONGPASS|NOAUTH|invalid password|invalid username/i,
    () => "refuses the user's name or the password. Set XDIST_FLEET_PASSWORD, and the user in the URL.",
  ],
  [
    /certificate|self.signed|CERT_|altnames|unable to verify|unable to get/i,
    message => `has a certificate that is not trusted (${message}). Set XDIST_FLEET_CA to the PEM file of its CA.`,
  ],
  [
    /wrong version number|SSL|TLS|EPROTO/,
    message => `does not speak TLS as it should (${message}). Is the port right? redis:// is without TLS.`,
  ],
  [/Protocol error|Unknown RESP type/, () => 'is no Redis or Valkey: it speaks another protocol.'],
  [/^no answer/, message => `gives ${message}. Is the port right? Does it want TLS (rediss://), or none (redis://)?`],
  [/NOPERM/, message => `does not let this user do what a fleet needs (${message}).`],
  [/DENIED/, () => 'is in protected mode: it takes connections of its own machine only, as it has no password.'],
  [
    /ECONNRESET|socket hang up|Connection is closed|disconnected before/,
    () => 'ended the connection. Does it want TLS (rediss://), or is it no Redis?',
  ],
];

/** @returns the end of "The fleet's server … " */
export function serverFailure(error: Error | (Error & {readonly errors: unknown})): string {
  // A name with several addresses gives an error for each, and a sum without a text.
  const causes = 'errors' in error ? (error.errors as readonly Error[]) : [error];
  const [text] = causes
    .map(({message}) => message)
    .join(', ')
    .split('\n', 1) as [string];
  // A server that does not know AUTH repeats the password.
  const safe = text.replace(/,? with args beginning with.*/, '');
  const known = MESSAGES.find(([pattern]) => pattern.test(safe));
  return known === undefined ? `does not answer (${safe}).` : known[1](safe);
}
