// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

const { DiagConsoleLogger, diag } = require('@opentelemetry/api');

console.log('listening on %d', 8080, { host: 'h' });
console.debug('detail');
console.warn('careful');
console.error('failed:', new TypeError('broken'));

// diag through console, as older releases of the API print it: not to be recorded.
diag.setLogger({ ...new DiagConsoleLogger(), warn: (...args) => console.warn(...args) });
diag.warn('of diag');
diag.createComponentLogger({ namespace: 'part' }).warn('of diag');
console.info('last');
