// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** Faults of TLS whose remedy is known, by the beginning of their code. */
const REMEDIES: readonly [RegExp, string][] = [
  [/SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|CERT_UNTRUSTED/, 'name the authority that signed it in tls.ca_file'],
  [
    /ERR_TLS_CERT_ALTNAME_INVALID/,
    'its certificate is for another host: set tls.server_name_override if that is right',
  ],
  [/CERT_HAS_EXPIRED/, 'its certificate has to be renewed'],
  [
    /EPROTO|WRONG_VERSION_NUMBER/,
    'one side speaks TLS and the other does not: look at the address and at tls.insecure',
  ],
];

/** What went wrong on the way, with the remedy where one is known; a host name with several addresses has a fault for each. */
export function faultOf(error: Error): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.map((each: Error) => each.message).join(', ');
  }
  const { code = '', message, name } = error as NodeJS.ErrnoException;
  const remedy = REMEDIES.find(([pattern]) => pattern.test(`${code} ${message}`))?.[1];
  // OpenSSL's messages are lines with the names of its source files.
  const what = /^[0-9A-F]+:error:/.test(message) ? code || 'TLS failed' : message || code || name;
  return remedy === undefined ? what : `${what}; ${remedy}`;
}
