// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { parseArgs } from 'node:util';
import { loadBinding } from '../../native/loader.js';
import { parseDuration } from '../config/units.js';
import { tell } from '../standard-error.js';
import { writeOut } from '../standard-output.js';
import { paletteFor, printable } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import { countNamed, formatNamed, placesHelp, placesOptions, viewerOf } from '../viewers/options.js';
import { Screen } from '../viewers/screen.js';
import { Snapshots } from '../viewers/snapshot.js';
import { topLines } from '../viewers/top-screen.js';
import { UntilTold } from '../viewers/until-told.js';
import type { Command } from './command.js';

const help = `Usage: otlp-mmap-collector top [options]

A live screen of the processes that write telemetry: records a second, how full their rings are, what was lost, who reads them; and the
spans in flight right now, longest first, with their attributes. Changes nothing. Spans that began before it are known as far as
the rings still hold their start, or the collector's journal does.

What to look at:
${placesHelp}

Options:
  --interval DURATION between two screens, default 1s
  --spans N           spans in flight at most, default 100; the screen shows as many as it has room for
  --count N           end after N screens
  --format FORMAT     text or json (an object a line)
  -h, --help          this text

Without a terminal, screens are printed one after the other. q, Escape, SIGINT and SIGTERM end it.
Exit codes: 0; 2 for a wrong command line.`;

const SPANS = 100;
/** Milliseconds between two looks at the rings: short beside the time in which one fills. */
const LOOK = 20;
/** Of output that is no terminal. */
const WIDTH = 200;

export const top: Command = {
  name: 'top',
  summary: 'a live screen of processes and spans in flight',
  help,
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        ...placesOptions,
        interval: { type: 'string' },
        spans: { type: 'string' },
        count: { type: 'string' },
        format: { type: 'string' },
      },
    });
    const format = formatNamed(values.format);
    const interval = parseDuration(values.interval ?? '1s', '--interval');
    if (interval < LOOK) throw new UsageError(`--interval '${values.interval}' is shorter than ${LOOK} ms`);
    const spans = countNamed(values.spans, '--spans', SPANS);
    let left = countNamed(values.count, '--count', Number.POSITIVE_INFINITY);
    const viewer = viewerOf(loadBinding(), values, process.env);
    const palette = paletteFor(process.stdout);
    const snapshots = new Snapshots();
    const told = new UntilTold();
    let due = 0;
    const redraw = () => {
      due = 0;
    };
    const screen = format === 'text' && process.stdout.isTTY ? new Screen(() => told.quit(), redraw) : undefined;
    const problems: string[] = [];
    try {
      await told.run(LOOK, async () => {
        const visit = viewer.visit();
        problems.push(...visit.problems);
        const monotonic = performance.now();
        if (monotonic < due) return;
        due = monotonic + interval;
        const snapshot = snapshots.next(viewer.processes(spans), spans, Date.now(), monotonic);
        if (screen) {
          const notes = problems.slice(-3).map((problem) => palette.bad(printable(problem).slice(0, screen.width)));
          await screen.show([...topLines(snapshot, palette, screen.width, screen.height - notes.length), ...notes]);
        } else if (format === 'json') {
          await writeOut(`${JSON.stringify(snapshot)}\n`);
        } else {
          const lines = topLines(snapshot, palette, WIDTH, Number.POSITIVE_INFINITY);
          await writeOut(`${lines.join('\n')}\n\n`);
        }
        if (--left === 0) told.quit();
      });
    } finally {
      screen?.close();
    }
    if (!screen) for (const problem of problems) tell(problem);
    return 0;
  },
};
