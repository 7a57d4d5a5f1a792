// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** Measures for the series of a number: fewer topics than series, ten partitions and ten groups each. */
export function recorder(meter, { arm, instrument, series }) {
  const topics = Array.from({ length: Math.ceil(series / 100) }, (_, number) => `orders.topic-${number}`);
  const partitions = Array.from({ length: 10 }, (_, number) => `${number}`);
  const groups = Array.from({ length: 10 }, (_, number) => `consumer-group-${number}`);
  const attributesOf = (number) => ({
    'messaging.destination.name': topics[Math.floor(number / 100)],
    'messaging.destination.partition.id': partitions[number % 10],
    'messaging.consumer.group.name': groups[Math.floor(number / 10) % 10],
  });
  const made = instrument === 'counter' ? meter.createCounter('messages') : meter.createHistogram('duration');
  if (arm === 'bound') {
    const bound = Array.from({ length: series }, (_, number) => made.bind(attributesOf(number)));
    if (instrument === 'counter') return (number) => bound[number].add(1);
    return (number) => bound[number].record(number % 1_000);
  }
  if (instrument === 'counter') return (number) => made.add(1, attributesOf(number));
  return (number) => made.record(number % 1_000, attributesOf(number));
}
