// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import type { BlockView, Inspection, RingView } from '../../native/binding.js';
import type { ExportRequest } from '../exporters/debug/otlp-json.js';
import { attributeLines } from '../exporters/debug/value-text.js';
import { type Palette, printable } from '../terminal.js';
import { agoText, bytesText, countText, dropTexts, shareText } from './quantity.js';

/** Everything about a file that is not its records, for people. */
export function inspectionText(inspection: Inspection, palette: Palette, now = Date.now()): string {
  const { block, cells } = inspection;
  const lines = [
    palette.strong(printable(inspection.path)),
    row(
      'file',
      `version ${inspection.version}, ${bytesText(inspection.length)}, begun ${agoText(inspection.startTime, now)}`,
    ),
    row('writer', writerText(inspection, palette)),
    ...(block ? blockLines(block, now) : [row('block', 'none: the file of another writer')]),
    ...inspection.rings.map((ring) => row(`ring ${ring.name}`, ringText(ring, palette))),
    row(
      'dictionary',
      `${countText(inspection.dictionaryEntries)} entries, ${dictionaryText(inspection)}, at ${inspection.dictionaryOffset}`,
    ),
    row('metrics', cells ? metricsText(cells, block) : 'none'),
    ...(block ? lossLines(block, palette) : []),
    ...resourceLines(block),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(18)}${text}`;
}

function writerText({ block, liveness }: Inspection, palette: Palette): string {
  const life = liveness === 'alive' ? palette.good(liveness) : liveness === 'dead' ? palette.bad(liveness) : liveness;
  if (!block) return life;
  const { serviceName, pid, pidNamespace, mode } = block.identity;
  return `${printable(serviceName)}, pid ${pid} in namespace ${pidNamespace}, ${life}, ${mode.replace('_', ' ')} mode`;
}

function blockLines({ identity, ...block }: BlockView, now: number): string[] {
  const { streamId, generation, fileId, made, features } = identity;
  const commit = block.lastCommit === 0 ? 'never' : agoText(block.lastCommit, now);
  const readers = block.readers.map(
    ({ slot, pid, heartbeat, acknowledgedEpoch }) =>
      `slot ${slot}: pid ${pid}, last seen ${agoText(heartbeat, now)}, flush ${acknowledgedEpoch} acknowledged`,
  );
  return [
    row('stream', `${streamId}, generation ${generation}`),
    row('file id', `${fileId}, made ${agoText(made, now)}`),
    row('features', features.join(', ') || 'none'),
    row('last commit', commit),
    row('flush asked for', String(block.flushEpoch)),
    ...(readers.length > 0 ? readers : ['none yet']).map((text) => row('reader', text)),
    row('spill ring', spillText(block)),
  ];
}

function spillText({
  spillOffset,
  spillLength,
  spillUsed,
}: Pick<BlockView, 'spillOffset' | 'spillLength' | 'spillUsed'>): string {
  if (spillLength === 0) return 'none';
  return `${bytesText(spillUsed)} of ${bytesText(spillLength)} in use, at ${spillOffset}`;
}

function ringText(ring: RingView, palette: Palette): string {
  const { unread, buffers, bufferSize, writerIndex, readerIndex, unpublished, state, offset } = ring;
  const occupancy = `${countText(unread)} of ${countText(buffers)} unread (${shareText(unread, buffers)})`;
  const pending = unpublished > 0 ? palette.bad(`, ${unpublished} claimed and not published`) : '';
  const indices = `read to ${readerIndex}, written to ${writerIndex}`;
  return `${occupancy}${pending}, ${indices}, ${bytesText(bufferSize)} a slot${state ? `, ${state}` : ''}, at ${offset}`;
}

function dictionaryText({ dictionaryOffset, dictionaryEnd, length }: Inspection): string {
  const used = dictionaryEnd - dictionaryOffset;
  return `${bytesText(used)} of ${bytesText(length - dictionaryOffset)} claimed`;
}

function metricsText({ instruments, series, skipped }: NonNullable<Inspection['cells']>, block?: BlockView): string {
  const bad = skipped > 0 ? `, ${countText(skipped)} cells that cannot be right` : '';
  return `${countText(instruments)} instruments, ${countText(series)} series${bad}, ${block?.cellsState ?? 'none'}`;
}

function lossLines({ drops }: BlockView, palette: Palette): string[] {
  const texts = dropTexts(drops);
  return texts.length > 0 ? texts.map((text) => row('dropped', palette.bad(text))) : [row('dropped', 'nothing')];
}

function resourceLines(block: BlockView | undefined): string[] {
  if (!block) return [];
  const settings = Object.entries(block.settings).map(
    ([name, value]) => `    ${printable(name)} = ${printable(value)}`,
  );
  const state = block.resourceSettled ? '' : ' (detectors are still at work)';
  return [
    `  resource${state}`,
    ...attributeLines(resourceOf(block)?.attributes, '    '),
    ...(settings.length > 0 ? ['  settings', ...settings] : []),
  ];
}

/** The resource as OTLP JSON has it. */
export function resourceOf({ resource }: BlockView) {
  return resource === undefined ? undefined : (JSON.parse(resource) as ExportRequest).resourceSpans?.[0]?.resource;
}
