// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

const { isMainThread, Worker } = require('node:worker_threads');

function fail(what) {
  switch (what) {
    case 'throw':
      throw Object.assign(new RangeError('too far'), { code: 'E_FAR' });
    case 'throw-text':
      throw 'a text';
    case 'throw-nothing':
      throw undefined;
    case 'reject':
      Promise.reject(new RangeError('too far'));
      break;
    case 'reject-text':
      Promise.reject('a text');
      break;
    case 'handled':
      process.on('uncaughtException', (error, origin) => {
        console.log(`handled ${error.message} ${origin}`);
        process.exitCode = 9;
      });
      throw new RangeError('too far');
    default:
      throw new Error(`cannot ${what}`);
  }
}

if (process.argv[3] === 'worker' && isMainThread) {
  new Worker(__filename, { argv: [process.argv[2]] }).on('error', (error) => {
    console.log(`the worker failed: ${error}`);
  });
} else {
  fail(process.argv[2]);
}
