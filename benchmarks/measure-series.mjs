// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** Measures for the series of a number: fewer topics than series, ten partitions and ten groups each; or topics with so many metrics each. */
export function recorder(meter, { arm, instrument, series, metrics }) {
  if (metrics) return recorderOfTopics(meter, metrics);
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

/** Series of one topic follow each other: a counter each, with the same attributes. */
function recorderOfTopics(meter, metrics) {
  const counters = Array.from({ length: metrics }, (_, number) => meter.createCounter(`messages.${number}`));
  return (number) => {
    const topic = Math.floor(number / metrics);
    counters[number % metrics].add(1, {
      'messaging.system': 'kafka',
      'messaging.destination.name': `orders.topic-${topic}`,
      'messaging.consumer.group.name': `consumer-group-${topic % 10}`,
    });
  };
}
