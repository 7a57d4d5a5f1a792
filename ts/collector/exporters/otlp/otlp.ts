// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { Batch, Signal } from '../../batch.js';
import type { Attempter, Outcome } from '../attempt.js';
import { faultOf } from '../connection/fault.js';
import type { HeaderSource } from '../connection/headers.js';
import { type Codec, encodingOf } from '../encoding.js';
import { partialSuccess, shortened, takenWith } from '../partial-success.js';
import { Broken, type CallResult, call } from './call.js';
import { Channel, type ChannelOptions } from './channel.js';
import { isRetryable, type StatusName } from './grpc-status.js';

const PATHS: Readonly<Record<Signal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

export interface OtlpGrpcOptions extends ChannelOptions {
  headers: HeaderSource;
  compression: Codec;
  level: number | undefined;
}

/** OTLP over gRPC: unary calls on one HTTP/2 connection, with messages that are encoded already. */
export class OtlpGrpcExporter implements Attempter {
  readonly target: string;
  readonly concurrency = Number.POSITIVE_INFINITY;
  readonly #options: OtlpGrpcOptions;
  readonly #channel: Channel;

  /** @param id Name of the exporter, for messages. */
  constructor(id: string, options: OtlpGrpcOptions) {
    const { address } = options;
    this.#options = options;
    this.#channel = new Channel(options);
    this.target = `${id} ${'path' in address ? `unix://${address.path}` : `${address.host}:${address.port}`}`;
  }

  /** Reads certificates and token, so that a mistake in them is told before anything is exported. */
  async start(): Promise<void> {
    await this.#options.tls?.options();
    await this.#options.headers.headers();
  }

  async send(batch: Batch): Promise<Outcome> {
    const { compression, level, headers, timeout } = this.#options;
    let result: CallResult;
    try {
      const options = {
        path: PATHS[batch.signal],
        authority: this.#channel.authority,
        scheme: this.#channel.scheme,
        headers: await headers.headers(),
        message: await encodingOf(batch, compression, { level }),
        encoding: compression === 'none' ? undefined : compression,
        timeout,
      };
      result = await this.#channel.use(
        (session) => call(session, options),
        (error) => error instanceof Broken,
      );
    } catch (error) {
      return { kind: 'retry', reason: faultOf(error as Error) };
    }
    return outcomeOf(result, batch.signal);
  }

  async close(): Promise<void> {
    this.#channel.close();
  }
}

/** What somebody can do about a status, as far as it tells. Servers refuse messages that are too long as exhausted resources. */
const REMEDIES: Readonly<Partial<Record<StatusName, string>>> = {
  RESOURCE_EXHAUSTED:
    'if batches are too large, make them smaller: send_batch_max_size and send_batch_max_bytes of the processor batch',
  UNAUTHENTICATED: 'it wants other credentials: see headers and bearer_token_file',
  PERMISSION_DENIED: 'these credentials are not enough: see headers and bearer_token_file',
  UNIMPLEMENTED: 'is the address right?',
};

/** What an answer means for the batch that was sent. */
function outcomeOf({ status, message }: CallResult, signal: Signal): Outcome {
  if (status.name !== 'OK') {
    const reason = `it answered ${status.name}${status.message && `: ${shortened(status.message)}`}`;
    if (isRetryable(status)) return { kind: 'retry', reason, after: status.retryAfter };
    const remedy = REMEDIES[status.name];
    return { kind: 'failed', reason: remedy === undefined ? reason : `${reason}; ${remedy}` };
  }
  try {
    return takenWith(partialSuccess(message), signal);
  } catch {
    return { kind: 'sent', warning: 'it answered with a message that is no OTLP response; is the address right?' };
  }
}
