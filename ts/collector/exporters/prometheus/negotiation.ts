// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** One entry of an Accept or Accept-Encoding header. */
interface Wish {
  /** In lower case, without its parameters. */
  name: string;
  parameters: ReadonlyMap<string, string>;
  /** 0 to 1: how much it is wanted. */
  weight: number;
}

/** Versions of OpenMetrics whose text is what is written here. */
const OPEN_METRICS_VERSIONS: ReadonlySet<string | undefined> = new Set([undefined, '0.0.1', '1.0.0']);

/**
 * Whether a client would rather have OpenMetrics than Prometheus' own text format: by their weights, and by their order where these are
 * the same (RFC 9110, section 12.5.1). Who names neither, or only what there is none of, gets Prometheus' format, which all clients read.
 */
export function wantsOpenMetrics(accept: string | undefined): boolean {
  const wishes = wishesIn(accept).filter(({ weight }) => weight > 0);
  // Sorting keeps the order of equals.
  for (const { name, parameters } of wishes.sort((one, other) => other.weight - one.weight)) {
    if (name === 'application/openmetrics-text' && OPEN_METRICS_VERSIONS.has(parameters.get('version'))) return true;
    if (name === 'text/plain' || name === 'text/*' || name === '*/*') return false;
  }
  return false;
}

/** Whether a client takes gzip: one that gives it the weight 0 does not (RFC 9110, section 12.5.3). */
export function takesGzip(acceptEncoding: string | undefined): boolean {
  return wishesIn(acceptEncoding).some(({ name, weight }) => (name === 'gzip' || name === 'x-gzip') && weight > 0);
}

function wishesIn(header = ''): Wish[] {
  return header.split(',').map((entry) => {
    const [name, ...given] = entry.split(';').map((part) => part.trim().toLowerCase());
    const parameters = new Map(
      given.map((each) => {
        const [key, value = ''] = each.split('=');
        return [key.trim(), value.trim().replace(/^"(.*)"$/, '$1')];
      }),
    );
    const weight = Number(parameters.get('q') ?? 1);
    return { name, parameters, weight: weight >= 0 && weight <= 1 ? weight : 0 };
  });
}
