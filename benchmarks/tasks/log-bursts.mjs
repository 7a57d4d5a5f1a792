// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { makeRecord } from '../log-workload.mjs';
import { measureBursts } from '../measured-bursts.mjs';

/** Bursts of log records. */
export function run(sdk, { burstRecords, ...settings }) {
  const logger = sdk.loggerProvider?.getLogger('benchmark', '1.0.0');
  const makeRecords = (made) => {
    for (let i = 0; i < burstRecords; i++) makeRecord(logger, made + i);
    return burstRecords;
  };
  return measureBursts({ make: logger ? makeRecords : () => burstRecords, flush: sdk.flush, ...settings });
}
