// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import * as otlpMmap from './dist/index.js';

export * from './dist/index.js';
export default otlpMmap;
