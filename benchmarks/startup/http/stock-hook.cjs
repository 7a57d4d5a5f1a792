// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// What a team writes that wants spans of HTTP and nothing else: the rival of our hook with the same one instrumentation. CommonJS, so
// that the loader for ES modules does not slow the loading of the SDK itself.

const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { NodeSDK } = require('@opentelemetry/sdk-node');

new NodeSDK({ instrumentations: [new HttpInstrumentation()] }).start();
