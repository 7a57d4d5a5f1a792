// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { SeenPiece } from '../../native/binding.js';
import { loadBinding } from '../../native/loader.js';
import { type Batch, ITEM_NAMES, SIGNALS, type Signal } from '../batch.js';
import { otlpEndpoint, parseCompression, parseHeader } from '../config/otlp-environment.js';
import { parseDuration } from '../config/units.js';
import { Backoff } from '../exporters/backoff.js';
import { HeaderSource } from '../exporters/connection/headers.js';
import { TlsSource } from '../exporters/connection/tls.js';
import { DetailedText } from '../exporters/debug/request-text.js';
import { OtlpHttpExporter } from '../exporters/otlphttp/otlphttp.js';
import { tell } from '../standard-error.js';
import { writeOut } from '../standard-output.js';
import { paletteFor } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import { formatNamed, signalsNamed } from '../viewers/options.js';
import type { Command } from './command.js';

const help = `Usage: otlp-mmap-collector recover [options] FILE...

Prints everything that a process left unread in its files, as after a crash where no collector ran: spans that had ended, spans that
were open (marked otlp_mmap.incomplete), log records, and metrics as they stood. Or sends it. The files are not changed: remove
them when you have what you need, or a collector that reads them later exports it once more.

Options:
  --endpoint URL    send it there, over OTLP/HTTP (/v1/traces and so on are appended), instead of printing it
  --header NAME=VALUE
                    sent with each request; may be given more than once (OTEL_EXPORTER_OTLP_HEADERS)
  --compression CODEC
                    none or gzip (OTEL_EXPORTER_OTLP_COMPRESSION)
  --timeout DURATION
                    for all attempts of one request, default 30s
  --signal SIGNAL   only traces, logs or metrics; may be given more than once
  --format FORMAT   text or json (an OTLP export request a line)
  -h, --help        this text

Exit codes: 0; 1 if a file could not be read or something not be sent (the rest is all the same); 2 for a wrong command line.`;

export const recover: Command = {
  name: 'recover',
  summary: 'print or send everything that a crashed process left',
  help,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        endpoint: { type: 'string' },
        header: { type: 'string', multiple: true },
        compression: { type: 'string' },
        timeout: { type: 'string' },
        signal: { type: 'string', multiple: true },
        format: { type: 'string' },
      },
    });
    if (positionals.length === 0) throw new UsageError('recover needs a FILE');
    const signals = signalsNamed(values.signal);
    const format = formatNamed(values.format);
    const binding = loadBinding();
    const sender = values.endpoint === undefined ? undefined : new Sender(values, values.endpoint);
    const detailed = new DetailedText(paletteFor(process.stdout));
    const print = async ({ signal, body }: SeenPiece): Promise<undefined> => {
      const json = binding.requestToJson(signal, body);
      await writeOut(format === 'json' ? `${json}\n` : detailed.of(JSON.parse(json)));
    };

    let exitCode = 0;
    const fail = (sentence: string) => {
      tell(sentence);
      exitCode = 1;
    };
    for (const path of positionals) {
      let pieces: SeenPiece[];
      try {
        pieces = binding.dumpPieces(path, true, signals);
      } catch (error) {
        fail((error as Error).message);
        continue;
      }
      const sent: SeenPiece[] = [];
      for (const piece of pieces) {
        const problem = sender ? await sender.send(piece) : await print(piece);
        if (problem) fail(`${path}: ${piece.items} ${ITEM_NAMES[piece.signal]} were not sent: ${problem}`);
        else sent.push(piece);
      }
      if (sender) tell(`${path}: sent ${summary(sent)}`);
    }
    await sender?.close();
    return exitCode;
  },
};

function summary(pieces: readonly SeenPiece[]): string {
  const counts = SIGNALS.map((signal) => {
    const items = pieces.filter((piece) => piece.signal === signal).reduce((sum, piece) => sum + piece.items, 0);
    return `${items} ${ITEM_NAMES[signal]}`;
  });
  return counts.join(', ');
}

interface SenderOptions {
  header?: string[];
  compression?: string;
  timeout?: string;
}

const TLS = {
  insecure: false,
  insecure_skip_verify: false,
  server_name_override: undefined,
  min_version: '1.2',
  max_version: undefined,
} as const;

/** Sends requests one after the other, again and again within a time. */
class Sender {
  readonly #exporter: OtlpHttpExporter;
  readonly #timeout: number;

  /** @throws UsageError naming the argument. */
  constructor({ header = [], compression, timeout = '30s' }: SenderOptions, endpoint: string) {
    this.#timeout = parseDuration(timeout, '--timeout');
    const overrides = {
      endpoint,
      headers: Object.fromEntries(header.map((text) => parseHeader(text, '--header'))),
      compression: compression === undefined ? undefined : parseCompression(compression, '--compression'),
      timeout: this.#timeout,
    };
    const settings = (signal: Signal) => otlpEndpoint(process.env, signal, overrides);
    const { headers, compression: codec, tls } = settings('traces');
    this.#exporter = new OtlpHttpExporter('recover', {
      urls: { traces: settings('traces').url, logs: settings('logs').url, metrics: settings('metrics').url },
      headers: new HeaderSource(headers, undefined),
      tls: new TlsSource({ ca_file: undefined, cert_file: undefined, key_file: undefined, ...tls, ...TLS }),
      proxy: undefined,
      keepAlive: true,
      timeout: this.#timeout,
      compression: codec,
    });
  }

  /** Undefined when it was taken; else why it was not. */
  async send({ signal, body, items }: SeenPiece): Promise<string | undefined> {
    const batch: Batch = {
      signal,
      pieces: [],
      parts: [body],
      bytes: body.length,
      items,
      urgent: true,
      stream: undefined,
    };
    const backoff = new Backoff({
      enabled: true,
      initial_interval: 500,
      max_interval: 5000,
      max_elapsed_time: this.#timeout,
      multiplier: 1.5,
      randomization_factor: 0.5,
    });
    for (;;) {
      const outcome = await this.#exporter.send(batch);
      if (outcome.kind === 'sent') {
        return outcome.rejected ? `${outcome.rejected} were refused: ${outcome.warning ?? ''}` : undefined;
      }
      if (outcome.kind === 'failed') return outcome.reason;
      const wait = backoff.next(outcome.after);
      if (wait === undefined) return outcome.reason;
      await sleep(wait);
    }
  }

  close(): Promise<void> {
    return this.#exporter.close();
  }
}
