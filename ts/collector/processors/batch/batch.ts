// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { NativeBinding, PiecePart } from '../../../native/binding.js';
import { type Batch, batchOf, type Part } from '../../batch.js';
import { type Logger, ThrottledWarnings } from '../../logger.js';
import type { Consumer, Processor } from '../../pipeline/component.js';
import { Distribution } from '../../telemetry/distribution.js';
import type { Measurement } from '../../telemetry/registry.js';

/** Keys of the section `batch`. */
export interface BatchSettings {
  /** Items that make a batch go at once: the trigger. 0: everything goes at once. */
  send_batch_size: number;
  /** Milliseconds after which a batch goes all the same. 0: everything goes at once. */
  timeout: number;
  /** Items that a batch does not exceed: what is more is cut off. 0: no limit. */
  send_batch_max_size: number;
  /** Bytes that a batch does not exceed unless a single part does: destinations bound the requests they take. 0: no limit. */
  send_batch_max_bytes: number;
}

/** Bounds of the distributions, those of the OpenTelemetry Collector's batch processor. */
const ITEM_BOUNDS = [
  10, 25, 50, 75, 100, 250, 500, 750, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000, 20_000, 30_000,
  50_000, 100_000,
];
const BYTE_BOUNDS = [
  10, 25, 50, 75, 100, 250, 500, 750, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000, 20_000, 30_000,
  50_000, 100_000, 200_000, 300_000, 400_000, 500_000, 600_000, 700_000, 800_000, 900_000, 1_000_000, 2_000_000,
  3_000_000, 4_000_000, 5_000_000, 6_000_000, 7_000_000, 8_000_000, 9_000_000,
];

/** Joins parts into batches, as the OpenTelemetry Collector's processor of this name does. Batches list parts: nothing is parsed or copied but a part that is cut. */
export class BatchProcessor implements Processor {
  readonly #settings: BatchSettings;
  readonly #split: NativeBinding['splitPiece'];
  readonly #faults: ThrottledWarnings;
  readonly #next: Consumer;
  /** What gathers, by stream: parts of two streams are never joined. */
  readonly #gathering = new Map<string | undefined, Gathering>();
  readonly #sizes = new Distribution(ITEM_BOUNDS);
  readonly #bytes = new Distribution(BYTE_BOUNDS);
  #sentBySize = 0;
  #sentByTime = 0;

  /** @param logger Told of pieces that cannot be split. */
  constructor(settings: BatchSettings, split: NativeBinding['splitPiece'], next: Consumer, logger: Logger) {
    this.#settings = settings;
    this.#split = split;
    this.#next = next;
    this.#faults = new ThrottledWarnings(logger);
  }

  consume(batch: Batch): void {
    const { send_batch_size, timeout, send_batch_max_bytes } = this.#settings;
    let gathering = this.#gathering.get(batch.stream);
    if (gathering === undefined) {
      gathering = new Gathering(batch);
      this.#gathering.set(batch.stream, gathering);
    }
    let sent = false;
    if (send_batch_max_bytes > 0 && gathering.items > 0 && gathering.bytes + batch.bytes > send_batch_max_bytes) {
      this.#sendBySize(gathering);
      sent = true;
    }
    gathering.add(batch);
    const atOnce = batch.urgent || timeout === 0 || send_batch_size === 0;
    while (gathering.items > 0 && (atOnce || gathering.items >= send_batch_size)) {
      this.#sendBySize(gathering);
      sent = true;
    }
    // The time counts from the first part, and anew for what a send by size left behind.
    if (sent) gathering.stopTimer();
    if (gathering.items > 0) gathering.startTimer(timeout, () => this.#timeIsUp(gathering));
  }

  flush(): void {
    for (const gathering of this.#gathering.values()) {
      gathering.stopTimer();
      while (gathering.items > 0) this.#send(gathering);
    }
  }

  close(): void {
    for (const gathering of this.#gathering.values()) gathering.stopTimer();
  }

  stats(): Measurement[] {
    return [
      { metric: 'processor_batch_batch_size_trigger_send', value: this.#sentBySize },
      { metric: 'processor_batch_timeout_trigger_send', value: this.#sentByTime },
      { metric: 'processor_batch_batch_send_size', value: this.#sizes.snapshot() },
      { metric: 'processor_batch_batch_send_size_bytes', value: this.#bytes.snapshot() },
    ];
  }

  #timeIsUp(gathering: Gathering): void {
    gathering.stopTimer();
    while (gathering.items > 0) {
      this.#sentByTime++;
      this.#send(gathering);
    }
  }

  #sendBySize(gathering: Gathering): void {
    this.#sentBySize++;
    this.#send(gathering);
  }

  /** The receiver encodes what it hands over, so what cannot be cut is a fault of this program. The destination decides of it as it is. */
  #cut(signal: Batch['signal'], { body, items }: Part, first: number, each: number): PiecePart[] | undefined {
    let reason: string;
    try {
      const pieces = this.#split(signal, body, first, each);
      const found = pieces.reduce((sum, piece) => sum + piece.items, 0);
      if (found === items) return pieces;
      reason = `it has ${found} items in place of ${items}`;
    } catch (error) {
      reason = (error as Error).message;
    }
    this.#faults.warn(`batch: ${items} items cannot be split, they are sent as one request: ${reason}`);
    return undefined;
  }

  /** Hands on everything, or as much as one batch may hold. */
  #send(gathering: Gathering): void {
    const { send_batch_max_size: max } = this.#settings;
    const batch =
      max > 0 && gathering.items > max ? gathering.takeSome(max, (...cut) => this.#cut(...cut)) : gathering.takeAll();
    this.#sizes.record(batch.items);
    this.#bytes.record(batch.bytes);
    this.#next.consume(batch);
  }
}

/** Cuts a part: `first` items, then as many as `each`, the rest in the last. Undefined if it cannot be cut. */
type Cut = (signal: Batch['signal'], part: Part, first: number, each: number) => PiecePart[] | undefined;

/** Parts of one stream that wait to be sent. */
class Gathering {
  items = 0;
  bytes = 0;
  #parts: Part[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #signal: Batch['signal'];
  readonly #stream: string | undefined;
  #urgent = false;

  constructor({ signal, stream }: Batch) {
    this.#signal = signal;
    this.#stream = stream;
  }

  add(batch: Batch): void {
    this.#parts.push(...batch.pieces);
    this.items += batch.items;
    this.bytes += batch.bytes;
    this.#urgent ||= batch.urgent;
  }

  takeAll(): Batch {
    const parts = this.#parts;
    this.#parts = [];
    return this.#batch(parts);
  }

  /**
   * Exactly `count` items; a part that goes beyond is cut, into as many parts as the following batches need, so that it is read once. One
   * that cannot be cut goes alone and whole.
   */
  takeSome(count: number, cut: Cut): Batch {
    let room = count;
    let whole = 0;
    while (whole < this.#parts.length && this.#parts[whole].items <= room) room -= this.#parts[whole++].items;
    if (room > 0) {
      const part = this.#parts[whole];
      const pieces = cut(this.#signal, part, room, count);
      if (pieces !== undefined) {
        part.receipt.split(pieces.length);
        this.#parts.splice(whole, 1, ...pieces.map(({ body, items }) => ({ ...part, body, items })));
        // Resource and scope are repeated in each.
        this.bytes += pieces.reduce((sum, { body }) => sum + body.length, -part.body.length);
        whole++;
      } else if (whole === 0) {
        whole = 1;
      }
    }
    return this.#batch(this.#parts.splice(0, whole));
  }

  startTimer(timeout: number, onTimeout: () => void): void {
    this.#timer ??= setTimeout(onTimeout, timeout);
  }

  stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #batch(parts: Part[]): Batch {
    const batch = batchOf({ signal: this.#signal, urgent: this.#urgent, stream: this.#stream }, parts);
    this.items -= batch.items;
    this.bytes -= batch.bytes;
    if (this.items === 0) this.#urgent = false;
    return batch;
  }
}
