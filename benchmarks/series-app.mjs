// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// A process with many series: `series-app.mjs SETTINGS`. Makes them, says so, and has them collected at each message.

import { recorder } from './measure-series.mjs';
import { METERS } from './meters.mjs';

const settings = JSON.parse(process.argv[2]);
const meters = await METERS.provider(settings);
const record = recorder(meters.getMeter('benchmark'), settings);
for (let number = 0; number < settings.series; number++) record(number);
process.on('message', () => void meters.forceFlush());
process.on('disconnect', () => process.exit());
process.send({ made: settings.series });
