// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// The specs of __test__/stock/sdk-3 need OpenTelemetry JS 3.x and Node.js 22.15 or newer: scripts/test-matrix.mjs provides both.
const withSdk3 = process.env.OTLP_MMAP_TEST_SDK_3 === 'true';

export default {
  extensions: { ts: 'commonjs' },
  nodeArguments: ['--import=tsx'],
  files: ['__test__/**/*.spec.ts', ...(withSdk3 ? [] : ['!__test__/stock/sdk-3/**'])],
  timeout: '60s',
};
