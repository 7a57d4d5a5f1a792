// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { useTime } from '../record/writer.js';

const NANOS_PER_SECOND = 1_000_000_000;
const LAST_SECOND = 0xffff_ffff;

/**
 * Makes a time given by the user the time of the next record. Anything that is no time is taken as not given, as in the stock
 * SDK: the result is false, and the clock is to be used.
 *
 * A number up to `performance.now()` counts from the start of the process, any other from the Unix epoch (milliseconds).
 */
export function useTimeInput(input: unknown): boolean {
  if (input === undefined || input === null) return false;
  if (typeof input === 'number') {
    if (Number.isNaN(input)) return false;
    useMilliseconds(input <= performance.now() ? Date.now() - performance.now() + input : input);
    return true;
  }
  try {
    return useTimeObject(input);
  } catch {
    return false;
  }
}

function useTimeObject(input: unknown): boolean {
  if (input instanceof Date) {
    const milliseconds = input.getTime();
    if (Number.isNaN(milliseconds)) return false;
    useMilliseconds(milliseconds);
    return true;
  }
  if (isHrTime(input) && !Number.isNaN(input[0] + input[1])) {
    useSeconds(input[0], input[1]);
    return true;
  }
  return false;
}

export function isTimeInput(input: unknown): boolean {
  if (typeof input !== 'object') return typeof input === 'number';
  try {
    return input instanceof Date || isHrTime(input);
  } catch {
    // An object that answers no question.
    return false;
  }
}

function isHrTime(input: unknown): input is [number, number] {
  return Array.isArray(input) && input.length === 2 && typeof input[0] === 'number' && typeof input[1] === 'number';
}

function useMilliseconds(milliseconds: number): void {
  useSeconds(Math.trunc(milliseconds / 1000), Math.round((milliseconds % 1000) * 1e6));
}

/** Nanoseconds of a second or more are carried; what cannot be told in 32 bits of seconds ends at the nearest time that can. */
function useSeconds(seconds: number, nanos: number): void {
  let whole = Math.trunc(seconds) || 0;
  let rest = Math.trunc(nanos) || 0;
  if (rest < 0 || rest >= NANOS_PER_SECOND) {
    const carry = Math.floor(rest / NANOS_PER_SECOND);
    whole += carry;
    rest -= carry * NANOS_PER_SECOND;
  }
  if (whole < 0) useTime(0, 0);
  else if (whole > LAST_SECOND) useTime(LAST_SECOND | 0, NANOS_PER_SECOND - 1);
  else useTime(whole | 0, rest);
}
