// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Quantities as people read them.

export function countText(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

export function bytesText(bytes: number): string {
  if (bytes < 10_000) return `${bytes} B`;
  if (bytes < 10_000 * 1024) return `${(bytes / 1024).toFixed(0)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

export function shareText(part: number, whole: number): string {
  return `${((part / Math.max(whole, 1)) * 100).toFixed(1)} %`;
}

/** How long something took or takes, from milliseconds. */
export function spanText(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  if (milliseconds < 3_600_000) return `${(milliseconds / 60_000).toFixed(1)} min`;
  if (milliseconds < 86_400_000) return `${(milliseconds / 3_600_000).toFixed(1)} h`;
  return `${(milliseconds / 86_400_000).toFixed(1)} d`;
}

/** When something was, both times in milliseconds since the Unix epoch. */
export function agoText(time: number, now: number): string {
  return `${spanText(Math.max(now - time, 0))} ago`;
}

/** Losses by ring and reason, a text for each. */
export function dropTexts(drops: Readonly<Record<string, Readonly<Record<string, number>>>>): string[] {
  return Object.entries(drops).flatMap(([ring, reasons]) =>
    Object.entries(reasons).map(([reason, count]) => `${countText(count)} of ${ring}: ${reason.replace('_', ' ')}`),
  );
}

/** Sum of all losses. What was cut is still there. */
export function dropCount(drops: Readonly<Record<string, Readonly<Record<string, number>>>>): number {
  return Object.values(drops)
    .flatMap((reasons) => Object.entries(reasons))
    .reduce((sum, [reason, count]) => sum + (reason === 'truncated' ? 0 : count), 0);
}
