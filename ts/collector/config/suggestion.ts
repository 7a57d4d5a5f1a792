// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** The end of a message about a word that is not known: the nearest one that is, or the list when it is short. */
export function didYouMean(unknown: string, known: readonly string[]): string {
  const nearest = [...known].sort((a, b) => distance(unknown, a) - distance(unknown, b))[0];
  if (nearest !== undefined && distance(unknown, nearest) <= Math.max(1, Math.floor(nearest.length / 3))) {
    return `; did you mean '${nearest}'?`;
  }
  return known.length > 0 ? `; known are ${[...known].sort().join(', ')}` : '';
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other (optimal string alignment). */
function distance(from: string, to: string): number {
  const a = from.toLowerCase();
  const b = to.toLowerCase();
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= a.length; row++) {
    rows.push([row]);
    for (let column = 1; column <= b.length; column++) {
      const replaced = rows[row - 1][column - 1] + (a[row - 1] === b[column - 1] ? 0 : 1);
      let least = Math.min(rows[row - 1][column] + 1, rows[row][column - 1] + 1, replaced);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) least = Math.min(least, rows[row - 2][column - 2] + 1);
      rows[row].push(least);
    }
  }
  return rows[a.length][b.length];
}
