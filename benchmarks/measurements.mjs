// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// The measured process of the metrics cases: `measurements.mjs SETTINGS`. Sends what a measurement costs, and what its series do.

import { METERS } from './meters.mjs';

const settings = JSON.parse(process.argv[2]);
const { arm, instrument, series, measurements, rounds } = settings;

const TOPICS = Array.from({ length: Math.ceil(series / 100) }, (_, number) => `orders.topic-${number}`);
const PARTITIONS = Array.from({ length: 10 }, (_, number) => `${number}`);
const GROUPS = Array.from({ length: 10 }, (_, number) => `consumer-group-${number}`);

const meters = await METERS[arm](settings);
const meter = meters.getMeter('benchmark');
const record = instrument === 'counter' ? recordCounter() : recordHistogram();

// Every series once, then again and again in an order that no cache foresees.
globalThis.gc?.();
const before = process.memoryUsage();
for (let number = 0; number < series; number++) record(number);
globalThis.gc?.();
const after = process.memoryUsage();
const order = randomOrder(Math.min(measurements, 1 << 20), series);
for (let warmUp = 0; warmUp < 2; warmUp++) measure();
const costs = Array.from({ length: rounds }, measure).sort((a, b) => a - b);
process.send(
  {
    result: {
      nanoseconds: costs[0],
      heapBytes: (after.heapUsed - before.heapUsed) / series,
      externalBytes: (after.external - before.external) / series,
    },
  },
  () => process.exit(),
);

/** CPU of the whole process for one measurement, nanoseconds. */
function measure() {
  const cpu = process.cpuUsage();
  for (let i = 0; i < measurements; i++) record(order[i % order.length]);
  const { user, system } = process.cpuUsage(cpu);
  return ((user + system) * 1_000) / measurements;
}

/** Attributes are made anew for each call, as an app makes them: three keys. */
function attributesOf(number) {
  return {
    'messaging.destination.name': TOPICS[Math.floor(number / 100)],
    'messaging.destination.partition.id': PARTITIONS[number % 10],
    'messaging.consumer.group.name': GROUPS[Math.floor(number / 10) % 10],
  };
}

function recordCounter() {
  const counter = meter.createCounter('messages');
  if (arm === 'bound') {
    const bound = Array.from({ length: series }, (_, number) => counter.bind(attributesOf(number)));
    return (number) => bound[number].add(1);
  }
  return (number) => counter.add(1, attributesOf(number));
}

function recordHistogram() {
  const histogram = meter.createHistogram('duration');
  if (arm === 'bound') {
    const bound = Array.from({ length: series }, (_, number) => histogram.bind(attributesOf(number)));
    return (number) => bound[number].record(number % 1_000);
  }
  return (number) => histogram.record(number % 1_000, attributesOf(number));
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
