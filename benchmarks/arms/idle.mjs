// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** Has no provider: tasks make nothing with it. */
export function start() {
  return { flush: async () => {}, shutdown: async () => {} };
}
