// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// The measured process: `app.mjs TASK ARM SETTINGS`. Starts the arm, runs the task, sends the result to its parent.

import { startArm } from './arms.mjs';

const [task, arm, settings] = process.argv.slice(2);
const { run } = await import(`./tasks/${task}.mjs`);
const parsed = JSON.parse(settings);
const sdk = await startArm(arm, parsed);
const result = await run(sdk, parsed);
await sdk.shutdown();
process.send({ result }, () => process.disconnect());
