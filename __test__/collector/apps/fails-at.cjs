// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Loaded before a collector (`--require`), it has it die at a place of its journal, or its reader thread alone: FAILS_AT=NAME,PASSES,CRASH
// as crashAtFailPoint has them.

const { loadBinding } = require('../../../dist/native/loader');

const [name, passes, crash] = process.env.FAILS_AT.split(',');
if (!loadBinding().crashAtFailPoint(name, Number(passes), crash)) throw new Error(`no such place: ${name}`);
