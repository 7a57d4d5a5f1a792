// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

/** What a processor of the stock SDK has, whatever its signal. */
interface Processor {
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** The processors that the user added to a provider. */
export abstract class Processors<P extends Processor> {
  protected readonly all: readonly P[];

  constructor(all: readonly P[]) {
    this.all = all;
  }

  get isEmpty(): boolean {
    return this.all.length === 0;
  }

  /** Rejects with the first error, when every processor is done. */
  async forceFlush(): Promise<void> {
    await settled(this.all.map(async (processor) => processor.forceFlush()));
  }

  /** Rejects with the first error, when every processor is done. */
  async shutdown(): Promise<void> {
    await settled(this.all.map(async (processor) => processor.shutdown()));
  }
}

async function settled(promises: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(promises)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
