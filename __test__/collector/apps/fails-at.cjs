// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Loaded before a collector (`--require`), it has it die at a place of its journal, KILLED_AT=NAME,PASSES, or its reader thread alone
// panic there, READER_ENDS_AT=NAME,PASSES.

const { loadBinding } = require('../../../dist/native/loader');

const { KILLED_AT, READER_ENDS_AT } = process.env;
const arm = KILLED_AT === undefined ? 'panicAtFailPoint' : 'killAtFailPoint';
const [name, passes] = (KILLED_AT ?? READER_ENDS_AT).split(',');
if (!loadBinding()[arm](name, Number(passes))) throw new Error(`no such place: ${name}`);
