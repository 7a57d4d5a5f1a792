// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

const PAGE_SHIFT = 10;
const PAGE_MASK = (1 << PAGE_SHIFT) - 1;

/** Numbers of cells, one bit each. */
export class CellSet {
  readonly #pages = new Map<number, Uint32Array>();

  /** False: it is there already. */
  add(cell: number): boolean {
    const number = cell >> PAGE_SHIFT;
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = new Uint32Array((PAGE_MASK + 1) / 32);
      this.#pages.set(number, page);
    }
    const word = (cell & PAGE_MASK) >> 5;
    const before = page[word];
    page[word] |= 1 << (cell & 31);
    return page[word] !== before;
  }

  *[Symbol.iterator](): Generator<number> {
    for (const [number, page] of this.#pages) {
      for (let at = 0; at <= PAGE_MASK; at++) {
        if ((page[at >> 5] >>> (at & 31)) & 1) yield (number << PAGE_SHIFT) | at;
      }
    }
  }
}
