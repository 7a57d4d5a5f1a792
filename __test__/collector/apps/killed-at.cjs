// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// Loaded before a collector (`--require`), it has it die at a place of its journal: KILLED_AT=NAME,PASSES.

const { loadBinding } = require('../../../dist/native/loader');

const [name, passes] = process.env.KILLED_AT.split(',');
if (!loadBinding().killAtFailPoint(name, Number(passes))) throw new Error(`no such place: ${name}`);
