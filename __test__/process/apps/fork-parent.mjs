// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Forks a child that goes on when this process is gone, and tells its pid.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createTracer } from './provider.mjs';

const tracer = createTracer(process.argv[2]);
tracer.startSpan('parent before fork').end();
const child = fork(fileURLToPath(new URL('./fork-child.mjs', import.meta.url)), [process.argv[2]], {
  detached: true,
  stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
});
child.once('message', () => {
  tracer.startSpan('parent after fork').end();
  console.log(`child ${child.pid}`);
});
