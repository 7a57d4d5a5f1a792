// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { diag } from '@opentelemetry/api';
import { announce } from '../config/diagnostics.js';
import type { AppBinding } from '../native/binding/app.js';
import type { WriterStatus } from '../native/binding/writer.js';
import * as layout from '../native/layout.js';

const {
  CONSTANT_DROP_DISABLED,
  CONSTANT_DROP_DISK,
  CONSTANT_DROP_FULL,
  CONSTANT_DROP_LIMIT,
  CONSTANT_DROP_REASONS,
  CONSTANT_DROP_TOO_LARGE,
  CONSTANT_DROP_TRUNCATED,
  CONSTANT_RING_EVENTS,
  CONSTANT_RING_MEASUREMENTS,
  CONSTANT_RING_SPANS,
} = layout;

/** Milliseconds between two lines about the same signal and reason. */
const INTERVAL = 30_000;
/** Milliseconds in which an app that begins has something of each signal, as a rule: one line is to name them all. */
const GATHERING = 1_000;
const RINGS = 3;
/** By their rings, in the order in which a line names them. */
const SIGNALS = [CONSTANT_RING_SPANS, CONSTANT_RING_EVENTS, CONSTANT_RING_MEASUREMENTS];

const RECORDS: Record<number, string> = {
  [CONSTANT_RING_EVENTS]: 'log record(s)',
  [CONSTANT_RING_SPANS]: 'span record(s)',
  [CONSTANT_RING_MEASUREMENTS]: 'measurement(s)',
};

/** The losses of each native writer that this thread uses: providers of several signals write through one. */
const all = new Map<number, Losses>();

/** @param handle what `binding.openWriter` returned. */
export function lossesOf(binding: AppBinding, handle: number): Losses {
  let losses = all.get(handle);
  if (losses === undefined) {
    losses = new Losses(binding, handle);
    all.set(handle, losses);
  }
  return losses;
}

/**
 * Tells through `diag` what one thread loses: a line for each reason now and then, with every signal's count since the line before.
 */
export class Losses {
  readonly #binding: AppBinding;
  readonly #handle: number;
  readonly #counts = new Uint32Array(RINGS * CONSTANT_DROP_REASONS);
  /** A line about a failure that nobody has heard of yet waits for the losses of other signals. */
  #isGathering = false;
  readonly #toldAt = new Float64Array(RINGS * CONSTANT_DROP_REASONS).fill(Number.NEGATIVE_INFINITY);

  constructor(binding: AppBinding, handle: number) {
    this.#binding = binding;
    this.#handle = handle;
  }

  /** A loss that the file has counted. */
  add(ring: number, reason: number): void {
    const at = ring * CONSTANT_DROP_REASONS + reason;
    this.#counts[at]++;
    const now = performance.now();
    if (now - this.#toldAt[at] < INTERVAL) return;
    this.#toldAt[at] = now;
    const sentence = this.#sentence(reason);
    // Later, because a logger may record something itself, and the scratch buffer is in use here.
    queueMicrotask(() => this.#tell(reason, sentence));
  }

  #tell(reason: number, sentence: string): void {
    if (reason !== CONSTANT_DROP_DISK) {
      this.#say(reason, sentence, (line) => diag.warn(`otlp-mmap: ${line}`));
    } else if (isNews(sentence)) {
      // Nothing is recorded at all, so this has to be seen even without a logger.
      this.#isGathering = true;
      soonOrAtExit(() => {
        this.#isGathering = false;
        this.#say(reason, sentence, (line) => announce('error', line));
      });
    } else if (!this.#isGathering) {
      this.#say(reason, sentence, (line) => diag.warn(`otlp-mmap: ${line}`));
    }
  }

  /** One line with what each signal has lost since the last one; none when a line for another signal has told it. */
  #say(reason: number, sentence: string, say: (line: string) => void): void {
    const now = performance.now();
    const lost: string[] = [];
    for (const ring of SIGNALS) {
      const at = ring * CONSTANT_DROP_REASONS + reason;
      if (this.#counts[at] === 0) continue;
      lost.push(`${this.#counts[at]} ${RECORDS[ring]}`);
      this.#counts[at] = 0;
      this.#toldAt[at] = now;
    }
    if (lost.length === 0) return;
    try {
      say(`${listed(lost)} ${sentence}`);
    } catch {
      // The logger threw: there is nobody left to tell.
    }
  }

  /** As things are now: a file may be there, and the error forgotten, when the line is told. */
  #sentence(reason: number): string {
    if (reason === CONSTANT_DROP_DISABLED) return 'dropped: the writer is shut down.';
    let status: WriterStatus;
    try {
      status = this.#binding.writerStatus(this.#handle);
    } catch {
      return 'dropped: the writer is closed.';
    }
    const place = status.file ?? status.directory;
    switch (reason) {
      case CONSTANT_DROP_FULL:
        return `dropped: their ring in ${place} is full. Is an otlp-mmap-collector reading ${status.directory}?`;
      case CONSTANT_DROP_TOO_LARGE:
        return `dropped: no slot of ${place} takes them even when they are cut. Choose larger ones (geometry).`;
      case CONSTANT_DROP_LIMIT:
        return `lost attributes, or were dropped: the dictionary of ${place} takes no more keys.`;
      case CONSTANT_DROP_TRUNCATED:
        return 'with values that were cut, or left out because they are none.';
      default:
        return `dropped: ${failureOf(status, place)}`;
    }
  }
}

/** Failures that have been announced, whichever signal met them first. */
const announced = new Set<string>();

function isNews(failure: string): boolean {
  if (announced.has(failure)) return false;
  announced.add(failure);
  return true;
}

/** Calls once, and keeps no process alive for it. */
function soonOrAtExit(call: () => void): void {
  const once = () => {
    clearTimeout(timer);
    process.off('exit', once);
    call();
  };
  const timer = setTimeout(once, GATHERING).unref();
  process.on('exit', once);
}

function listed(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join() : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

function failureOf({ error }: WriterStatus, place: string): string {
  return error ?? `${place} did not take them.`;
}
