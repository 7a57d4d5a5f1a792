// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { RingView } from '../../native/binding.js';
import { attributesInline } from '../exporters/debug/value-text.js';
import { type Palette, printable } from '../terminal.js';
import { agoText, countText, dropCount, shareText, spanText } from './quantity.js';
import type { ProcessSnapshot, Snapshot, SpanInFlight } from './snapshot.js';

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];

/** A column of a table: its title, its text, and whether it is a number. */
interface Column<T> {
  title: string;
  text: (row: T) => string;
  right?: boolean;
}

/**
 * A snapshot as lines of text.
 *
 * @param width columns of the screen; longer lines are cut.
 * @param height lines of the screen; spans in flight that have no room are left out.
 */
export function topLines(snapshot: Snapshot, palette: Palette, width: number, height: number): string[] {
  const { processes, inFlight, time } = snapshot;
  const open = processes.reduce((sum, { openSpans }) => sum + openSpans, 0);
  const lost = processes.reduce((sum, { drops }) => sum + dropCount(drops), 0);
  const total = (ring: 'spans' | 'events') =>
    processes.reduce((sum, { perSecond }) => sum + (perSecond?.[ring] ?? 0), 0);
  const head = [
    `otlp-mmap-collector top  ${new Date(time).toISOString().slice(11, 19)} UTC`,
    `${processes.length} processes`,
    `${countText(total('spans'))} span records/s`,
    `${countText(total('events'))} log records/s`,
    `${countText(open)} spans in flight`,
    `${countText(lost)} dropped`,
  ].join('   ');
  const lines = [palette.strong(cut(head, width)), ''];
  lines.push(...table(processes, processColumns(time), width, palette, (process) => isWorrying(process)));
  if (processes.length === 0) lines.push('no files yet');
  lines.push('', palette.strong(cut('In flight, longest first', width)));
  const room = Math.max(height - lines.length, 0);
  for (const flight of inFlight.slice(0, room)) lines.push(flightLine(flight, width, palette));
  if (inFlight.length === 0 && room > 0) lines.push(palette.faint('nothing'));
  return lines.slice(0, height);
}

function processColumns(time: number): Column<ProcessSnapshot>[] {
  return [
    { title: 'SERVICE', text: ({ serviceName, path }) => printable(serviceName || path) },
    { title: 'PID', text: ({ pid }) => (pid === 0 ? '-' : String(pid)), right: true },
    { title: 'STATE', text: ({ liveness }) => liveness },
    { title: 'SPANS/S', text: ({ perSecond }) => rateText(perSecond?.spans), right: true },
    { title: 'LOGS/S', text: ({ perSecond }) => rateText(perSecond?.events), right: true },
    { title: 'SPANS RING', text: ({ rings }) => ringText(rings, 'spans'), right: true },
    { title: 'LOGS RING', text: ({ rings }) => ringText(rings, 'events'), right: true },
    { title: 'OPEN', text: ({ openSpans }) => countText(openSpans), right: true },
    { title: 'DROPPED', text: ({ drops }) => countText(dropCount(drops)), right: true },
    { title: 'READER', text: ({ readerHeartbeat, readerPid }) => readerText(readerPid, readerHeartbeat, time) },
  ];
}

/** Something is lost, or soon will be. */
function isWorrying({ drops, rings, liveness }: ProcessSnapshot): boolean {
  return liveness === 'dead' || dropCount(drops) > 0 || rings.some(({ unread, buffers }) => unread * 2 > buffers);
}

function rateText(rate: number | undefined): string {
  return rate === undefined ? '-' : countText(rate);
}

function ringText(rings: readonly RingView[], name: string): string {
  const ring = rings.find((known) => known.name === name);
  return ring ? `${countText(ring.unread)} (${shareText(ring.unread, ring.buffers)})` : '-';
}

function readerText(pid: number, heartbeat: number, time: number): string {
  return heartbeat === 0 ? 'none' : `pid ${pid}, ${agoText(heartbeat, time)}`;
}

function flightLine({ service, pid, age, span }: SpanInFlight, width: number, palette: Palette): string {
  const start = `${spanText(age).padStart(9)}  `;
  const rest = `${printable(service)}/${pid}  ${KINDS[span.kind ?? 0] ?? 'kind ?'}  ${span.traceId}`;
  const name = printable(span.name ?? '');
  const line = cut(`${start}${name}  ${rest}${attributesInline(span.attributes)}`, width);
  // Painted after the cut: colours take no room on the screen.
  const named = line.slice(start.length, start.length + name.length);
  return line.slice(0, start.length) + palette.strong(named) + line.slice(start.length + name.length);
}

function table<T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  width: number,
  palette: Palette,
  isBad: (row: T) => boolean,
): string[] {
  const texts = rows.map((row) => columns.map(({ text }) => text(row)));
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...texts.map((cells) => cells[at].length)));
  const line = (cells: readonly string[]) => {
    const padded = cells.map((cell, at) => (columns[at].right ? cell.padStart(widths[at]) : cell.padEnd(widths[at])));
    return cut(padded.join('  ').trimEnd(), width);
  };
  return [
    palette.faint(line(columns.map(({ title }) => title))),
    ...texts.map((cells, at) => (isBad(rows[at]) ? palette.bad(line(cells)) : line(cells))),
  ];
}

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(width - 1, 0))}…`;
}
