// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** Writes to standard output; resolves when the system has taken it. @throws the system's error, EPIPE when nobody reads on. */
export function writeOut(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/**
 * Without a listener, the end of the reader of standard output (`| head`) would end the process with a stack trace.
 * Writers see the error as well; this one only takes the sting out.
 */
export function surviveClosedOutput(): void {
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
}
