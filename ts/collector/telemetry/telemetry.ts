// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NativeBinding } from '../../native/binding.js';
import { batchOf } from '../batch.js';
import { nodeOf } from '../config/node.js';
import { Problems } from '../config/problems.js';
import type { ServiceConfig, TelemetryReader } from '../config/service.js';
import { otlpHttpExporter } from '../exporters/otlphttp/factory.js';
import { HttpListener, pathOf } from '../http-listener.js';
import type { Logger } from '../logger.js';
import type { Exporter, Extension } from '../pipeline/component.js';
import { Intake } from '../pipeline/intake.js';
import { Receipt } from '../pipeline/receipt.js';
import { VERSION } from '../version.js';
import { otlpMetrics } from './otlp-metrics.js';
import { prometheusText } from './prometheus.js';
import type { Measurement } from './registry.js';
import { type Metric, metricsOf } from './series.js';

/** Milliseconds that the end of the collector waits for its own last metrics. */
const LAST_SEND = 2000;

type TelemetryConfig = ServiceConfig['telemetry'];

export interface TelemetryContext {
  binding: NativeBinding;
  logger: Logger;
  /** Everything that is counted, now. */
  measure: () => Measurement[];
}

const DEFAULT_READERS: readonly TelemetryReader[] = [
  { pull: { exporter: { prometheus: { host: 'localhost', port: 8888 } } }, periodic: undefined },
];

/** The collector's own metrics on their ways out: the section `service.telemetry`. */
export class Telemetry implements Extension {
  readonly #outlets: Extension[];

  constructor({ metrics, resource }: TelemetryConfig, context: TelemetryContext) {
    const { level, readers = DEFAULT_READERS } = metrics;
    if (level === 'none') {
      this.#outlets = [];
      return;
    }
    const collect = () => metricsOf(context.measure(), level);
    const described = { ...defaultResource(context.binding), ...resource };
    this.#outlets = readers.map((reader) =>
      reader.pull
        ? prometheusOutlet(reader.pull, collect, described, context)
        : otlpOutlet(reader, collect, described, context),
    );
  }

  /** Rejects with a sentence, as for a port in use. */
  async start(): Promise<void> {
    try {
      for (const outlet of this.#outlets) await outlet.start();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#outlets.map((outlet) => outlet.close()));
  }
}

function defaultResource(binding: NativeBinding): Record<string, string> {
  return {
    'service.name': 'otlp-mmap-collector',
    'service.version': VERSION,
    'service.instance.id': binding.processInstanceId(),
    'host.name': hostname(),
  };
}

function prometheusOutlet(
  { exporter }: NonNullable<TelemetryReader['pull']>,
  collect: () => Metric[],
  resource: Record<string, string>,
  { logger }: TelemetryContext,
): Extension {
  const listener = new HttpListener(exporter.prometheus, (request, response) => {
    if (pathOf(request) !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(prometheusText(collect(), resource));
  });
  return {
    async start() {
      await listener.listen();
      logger.info(`service.telemetry: the collector's own metrics are on http://${listener.address}/metrics`);
    },
    close: () => listener.close(),
  };
}

/** Sends the metrics now and then, and at the end. What does not arrive is not sent again: the next values say it all. */
function otlpOutlet(
  { periodic }: TelemetryReader,
  collect: () => Metric[],
  resource: Record<string, string>,
  { binding, logger }: TelemetryContext,
): Extension {
  const { interval, timeout, exporter } = periodic!;
  const start = BigInt(Date.now()) * 1_000_000n;
  const section = {
    metrics_endpoint: exporter.otlp.endpoint.href,
    headers: exporter.otlp.headers,
    timeout: `${timeout}ms`,
    retry_on_failure: { enabled: false },
  };
  const destination: Exporter = otlpHttpExporter.create(
    otlpHttpExporter.config.read(nodeOf(section, { name: 'service.telemetry' }), '', new Problems()),
    { id: 'service.telemetry', binding, logger, intake: new Intake(() => {}) },
  );
  const send = () => {
    const now = BigInt(Date.now()) * 1_000_000n;
    // A clock that was set back does not have an interval end before it began.
    const { body, points } = otlpMetrics(collect(), resource, { start, end: now > start ? now : start });
    const part = { body, items: points, receipt: new Receipt(0, 1, () => {}) };
    return destination.deliver(batchOf({ signal: 'metrics', urgent: false, stream: undefined }, [part]));
  };
  let timer: NodeJS.Timeout | undefined;
  return {
    async start() {
      await destination.start?.();
      timer = setInterval(() => void send(), interval);
      timer.unref();
    },
    async close() {
      if (timer !== undefined) {
        clearInterval(timer);
        await Promise.race([send(), sleep(LAST_SEND, undefined, { ref: false })]);
      }
      await destination.close();
    },
  };
}
