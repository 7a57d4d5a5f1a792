// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { parseArgs } from 'node:util';
import type { SeenPiece } from '../../native/binding.js';
import { loadBinding } from '../../native/loader.js';
import { parseDuration } from '../config/units.js';
import type { ExportRequest } from '../exporters/debug/otlp-json.js';
import { DetailedText, shortText } from '../exporters/debug/request-text.js';
import { tell } from '../standard-error.js';
import { writeOut } from '../standard-output.js';
import { paletteFor } from '../terminal.js';
import { filtered } from '../viewers/item-filter.js';
import { countNamed, formatNamed, placesHelp, placesOptions, signalsNamed, viewerOf } from '../viewers/options.js';
import { UntilTold } from '../viewers/until-told.js';
import type { Command } from './command.js';

const help = `Usage: otlp-mmap-collector tap [options]

Shows spans as they end, log records as they are made, and metrics now and then, beside the collector that reads the same files. Changes
nothing; what comes faster than it can be shown is left out and counted.

What to look at:
${placesHelp}

What to show:
  --signal SIGNAL     only traces, logs or metrics; may be given more than once
  --service NAME      only of this service.name; may be given more than once
  --name TEXT         only what has this in its name (a log record: in its event name or body); may be given more than once
  --attribute KEY[=VALUE]
                      only what has this attribute, itself, in its scope or in its resource; more than one: all of them
  --metric-interval DURATION
                      how often metrics that changed are shown, default 10s

Options:
  --format FORMAT     text or json (an OTLP export request a line)
  --detailed          text: everything an item holds, not one line
  --count N           end after N items
  -h, --help          this text

SIGINT and SIGTERM end it. Exit codes: 0; 2 for a wrong command line.`;

/** Milliseconds between two looks: short beside the time in which a ring fills. */
const PAUSE = 20;

export const tap: Command = {
  name: 'tap',
  summary: 'show spans, log records and metrics as they come',
  help,
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        ...placesOptions,
        signal: { type: 'string', multiple: true },
        service: { type: 'string', multiple: true },
        name: { type: 'string', multiple: true },
        attribute: { type: 'string', multiple: true },
        'metric-interval': { type: 'string' },
        format: { type: 'string' },
        detailed: { type: 'boolean' },
        count: { type: 'string' },
      },
    });
    const signals = signalsNamed(values.signal);
    const format = formatNamed(values.format);
    const interval = parseDuration(values['metric-interval'] ?? '10s', '--metric-interval');
    const binding = loadBinding();
    const viewer = viewerOf(binding, values, process.env);
    const criteria = { services: values.service, names: values.name, attributes: values.attribute };
    const palette = paletteFor(process.stdout);
    const detailed = new DetailedText(palette);
    const told = new UntilTold();
    let left = countNamed(values.count, '--count', Number.POSITIVE_INFINITY);
    let metricsAt = Date.now();

    const show = async ({ signal, body }: SeenPiece) => {
      if (!signals.includes(signal) || told.isOver) return;
      const request = filtered(JSON.parse(binding.requestToJson(signal, body)), criteria);
      if (request === undefined) return;
      const text = values.detailed ? detailed.of(request) : shortText(request, palette);
      await writeOut(format === 'json' ? `${JSON.stringify(request)}\n` : text);
      left -= itemsIn(request);
      if (left <= 0) told.quit();
    };
    await told.run(PAUSE, async () => {
      const { pieces, lost, problems } = viewer.visit();
      for (const problem of problems) tell(problem);
      if (lost > 0) tell(`${lost} records came faster than they could be shown`);
      for (const piece of pieces) await show(piece);
      const now = Date.now();
      if (!signals.includes('metrics') || now - metricsAt < interval) return;
      // The time of a series' update is told to about a second.
      const since = metricsAt - 1000;
      metricsAt = now;
      for (const piece of viewer.metrics(since)) await show(piece);
    });
    return 0;
  },
};

function itemsIn({ resourceSpans, resourceLogs, resourceMetrics }: ExportRequest): number {
  const scopes = [...(resourceSpans ?? []), ...(resourceLogs ?? []), ...(resourceMetrics ?? [])].flatMap(
    ({ scopeSpans, scopeLogs, scopeMetrics }) => scopeSpans ?? scopeLogs ?? scopeMetrics ?? [],
  );
  return scopes.reduce((sum, { spans, logRecords, metrics }) => sum + (spans ?? logRecords ?? metrics ?? []).length, 0);
}
