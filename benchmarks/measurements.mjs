// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// A measured process: `measurements.mjs SETTINGS`. Sends what a measurement costs.

import { recorder } from './measure-series.mjs';
import { METERS } from './meters.mjs';

const settings = JSON.parse(process.argv[2]);
const { arm, series, measurements, runs } = settings;

const meters = await METERS[arm](settings);
const record = recorder(meters.getMeter('benchmark'), settings);

// Every series once, then again and again in an order that no cache foresees.
for (let number = 0; number < series; number++) record(number);
const order = randomOrder(Math.min(measurements, 1 << 20), series);
for (let warmUp = 0; warmUp < 2; warmUp++) measure();
const nanoseconds = Math.min(...Array.from({ length: runs }, measure));
process.send({ result: { nanoseconds } }, () => process.exit());

/** CPU of the whole process for one measurement, nanoseconds. */
function measure() {
  const cpu = process.cpuUsage();
  for (let i = 0; i < measurements; i++) record(order[i % order.length]);
  const { user, system } = process.cpuUsage(cpu);
  return ((user + system) * 1_000) / measurements;
}

function randomOrder(length, below) {
  const numbers = new Uint32Array(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    numbers[i] = Math.floor((state / 2 ** 32) * below);
  }
  return numbers;
}
