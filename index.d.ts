// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// The types of the package for CommonJS; index.d.mts has the same for ES modules.
export * from './dist/index.js';
