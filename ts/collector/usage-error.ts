// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** A command line or an environment variable that cannot be right; the message names it. Exit code 2. */
export class UsageError extends Error {}
