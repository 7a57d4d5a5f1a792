// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { ProcessView } from '../../native/binding.js';
import type { ExportRequest, Span } from '../exporters/debug/otlp-json.js';

/** Records a second, by ring. */
export interface Rates {
  events: number;
  spans: number;
  measurements: number;
}

export interface ProcessSnapshot extends Omit<ProcessView, 'longestOpenSpans' | 'written'> {
  /** Since the snapshot before; undefined in the first. */
  perSecond?: Rates;
}

/** A span that has not ended. */
export interface SpanInFlight {
  service: string;
  pid: number;
  /** Milliseconds since it began, by this machine's clock. */
  age: number;
  span: Span;
}

/** All processes at one moment, and what they are at. */
export interface Snapshot {
  /** Milliseconds since the Unix epoch. */
  time: number;
  processes: ProcessSnapshot[];
  /** The longest first. */
  inFlight: SpanInFlight[];
}

/** Makes snapshots out of what the viewer tells, with rates from one to the next. */
export class Snapshots {
  #before = new Map<string, readonly number[]>();
  #time: number | undefined;

  /** @param spans how many spans in flight at most. */
  next(views: readonly ProcessView[], spans: number, time: number, monotonic: number): Snapshot {
    const seconds = this.#time === undefined ? undefined : (monotonic - this.#time) / 1000;
    this.#time = monotonic;
    const written = new Map<string, readonly number[]>();
    const processes = views.map((view) => {
      const { longestOpenSpans: _, written: counts, ...rest } = view;
      const key = `${view.serviceName}\n${view.pid}\n${view.path.replace(/[^/]*$/, '')}`;
      written.set(key, counts);
      const before = this.#before.get(key);
      const rate = (ring: number) => (seconds ? Math.max(counts[ring] - (before?.[ring] ?? 0), 0) / seconds : 0);
      const perSecond = { events: rate(0), spans: rate(1), measurements: rate(2) };
      return seconds === undefined ? rest : { ...rest, perSecond };
    });
    this.#before = written;
    const inFlight = views.flatMap((view) => spansOf(view, time));
    inFlight.sort((a, b) => b.age - a.age);
    return { time, processes, inFlight: inFlight.slice(0, spans) };
  }
}

function spansOf({ longestOpenSpans, serviceName, pid }: ProcessView, time: number): SpanInFlight[] {
  if (longestOpenSpans === undefined) return [];
  const request = JSON.parse(longestOpenSpans) as ExportRequest;
  const spans = (request.resourceSpans ?? []).flatMap(({ scopeSpans = [] }) =>
    scopeSpans.flatMap(({ spans = [] }) => spans),
  );
  return spans.map((span) => ({
    service: serviceName,
    pid,
    age: Math.max(time - Number(BigInt(span.startTimeUnixNano ?? 0) / 1_000_000n), 0),
    span,
  }));
}
