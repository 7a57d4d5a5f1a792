// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// An ordinary server, as anybody would write it: it knows nothing of telemetry.
//
//   /checkout  asks /stock and /price of itself, then answers
//   /report    passes on what /ledger sends, as it comes
//   /ledger    sends a first line and is then busy for longer than anybody waits

const http = require('node:http');

const agent = new http.Agent({ keepAlive: true });

function ask(path, onResponse) {
  http.get({ agent, host: '127.0.0.1', port: server.address().port, path }, onResponse);
}

function json(path) {
  return new Promise((resolve, reject) => {
    ask(path, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(JSON.parse(text)));
      response.on('error', reject);
    });
  });
}

const routes = {
  '/stock': async (response) => response.end('{"left":3}'),
  '/price': async (response) => response.end('{"euros":12}'),
  '/checkout': async (response) => {
    const [stock, price] = await Promise.all([json('/stock'), json('/price')]);
    response.end(JSON.stringify({ ...stock, ...price }));
  },
  '/ledger': async (response) => response.write('first line\n'),
  '/report': async (response) => ask('/ledger', (ledger) => ledger.pipe(response)),
};

const server = http.createServer((request, response) => {
  const route = routes[request.url];
  if (route) return route(response);
  response.statusCode = 404;
  response.end();
});

server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
