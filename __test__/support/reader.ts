// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { NativeReceiver, ReceiverEvent } from '../../ts/native/binding';
import { loadBinding } from '../../ts/native/loader';
import { type FlatLog, type FlatSpan, flatten, flattenLogs } from './otlp-json';

/** A reader of a directory's files, or of given ones, as the collector has one, that acknowledges at once. */
export class Reader {
  readonly spans: FlatSpan[] = [];
  readonly logs: FlatLog[] = [];
  readonly #receiver: NativeReceiver;
  readonly #listeners = new Set<() => void>();
  readonly #stopped: Promise<void>;

  constructor(directory: string | string[], files: string[] = []) {
    let onStopped: (error?: Error) => void = () => {};
    this.#stopped = new Promise((resolve, reject) => {
      onStopped = (error) => (error ? reject(error) : resolve());
    });
    this.#receiver = loadBinding().createReceiver(
      { directories: [directory].flat(), files },
      (event: ReceiverEvent) => {
        if (event.type === 'piece') {
          const { body, sequence, signal } = event.piece;
          const request = JSON.parse(loadBinding().requestToJson(signal, body));
          this.spans.push(...flatten([request]));
          this.logs.push(...flattenLogs([request]));
          this.#receiver.acknowledge(sequence);
        } else if (event.type === 'stopped') {
          onStopped(event.error === undefined ? undefined : new Error(event.error));
        }
        for (const listener of this.#listeners) {
          listener();
        }
      },
    );
  }

  /** Resolves when a span of this name has been read. */
  read(name: string): Promise<FlatSpan> {
    return this.#found(() => this.spans.find((candidate) => candidate.span.name === name));
  }

  /** Resolves when a log record with this severity text has been read. */
  readLog(severityText: string): Promise<FlatLog> {
    return this.#found(() => this.logs.find((candidate) => candidate.log.severityText === severityText));
  }

  #found<T>(find: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const look = () => {
        const found = find();
        if (found !== undefined) {
          this.#listeners.delete(look);
          resolve(found);
        }
      };
      this.#listeners.add(look);
      look();
    });
  }

  /** Reads what is there, then ends the thread. */
  async stop(): Promise<void> {
    this.#receiver.stop();
    await this.#stopped;
  }
}

/** The value of an attribute of a span, or undefined. */
export function attributeOf({ span }: FlatSpan, key: string): unknown {
  const found = (span.attributes as { key: string; value: Record<string, unknown> }[]).find((a) => a.key === key);
  return found && Object.values(found.value)[0];
}

/** Whether a span is marked as cut off by the death of its process. */
export function isIncomplete(span: FlatSpan): boolean {
  return attributeOf(span, 'otlp_mmap.incomplete') === true;
}
