// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

export * from './dist/index.js';
