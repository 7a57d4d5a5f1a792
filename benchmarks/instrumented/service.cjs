// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

// A service with a database, as any team has one: a web framework, an outgoing call, queries as short as a look-up and as long as
// a report, a query that fails. Nothing in it knows of telemetry. Serves itself REQUESTS rounds, then ends.

const http = require('node:http');
const express = require('express');
const { Pool } = require('pg');

const pool = new Pool({ host: '127.0.0.1', port: Number(process.env.PGPORT), user: 'postgres', database: 'postgres' });
const app = express();

const COLUMNS = ['id', 'customer_id', 'status', 'total', 'currency', 'created_at', 'updated_at', 'note'];
/** What an object-relational mapper writes for one table with a join. */
const SEARCH = `SELECT ${COLUMNS.map((c) => `"Order"."${c}" AS "Order_${c}"`).join(', ')}, ${COLUMNS.map(
  (c) => `"Order__items"."${c}" AS "Order__items_${c}"`,
).join(', ')} FROM "orders" "Order" LEFT JOIN "orders" "Order__items" ON "Order__items"."id" = "Order"."id"
WHERE ("Order"."status" = $1 AND "Order"."total" > $2) ORDER BY "Order"."created_at" DESC LIMIT 25`;
const REPORT = `WITH ${['day', 'week', 'month', 'quarter', 'year']
  .map(
    (grain) => `by_${grain} AS (
  SELECT date_trunc('${grain}', created_at) AS period, currency, count(*) AS orders, sum(total) AS total, avg(total) AS mean,
         count(*) FILTER (WHERE status = 'paid') AS paid, count(*) FILTER (WHERE status = 'refunded') AS refunded
  FROM orders WHERE created_at >= now() - interval '1 ${grain === 'quarter' ? 'month' : grain}' GROUP BY 1, 2
)`,
  )
  .join(', ')} SELECT * FROM by_day UNION ALL SELECT * FROM by_week UNION ALL SELECT * FROM by_month
UNION ALL SELECT * FROM by_quarter UNION ALL SELECT * FROM by_year ORDER BY 1, 2`;

app.get('/orders/:id', async (request, response) => {
  const { rows } = await pool.query('SELECT id, status, total FROM orders WHERE id = $1', [request.params.id]);
  response.json(rows);
});
app.get('/search', async (_request, response) => {
  response.json((await pool.query(SEARCH, ['paid', 10])).rows);
});
app.get('/report', async (_request, response) => {
  response.json((await pool.query(REPORT)).rows);
});
app.post('/orders', async (_request, response) => {
  const client = await pool.connect();
  await client.query('BEGIN');
  await client.query(
    'INSERT INTO orders (customer_id, status, total, currency, note) VALUES ($1, $2, $3, $4, $5) RETURNING id, created_at',
    [7, 'open', 12.5, 'EUR', 'benchmark'],
  );
  await client.query("UPDATE orders SET status = 'paid', updated_at = now() WHERE id = 1");
  await client.query('COMMIT');
  client.release();
  response.status(201).end();
});
app.get('/broken', async (_request, response) => {
  const error = await pool.query('SELECT missing FROM orders').catch((failure) => failure);
  response.status(500).send(error.message);
});
app.get('/upstream', async (_request, response) => {
  const answer = await fetch(`http://127.0.0.1:${port}/orders/1`, { headers: { 'user-agent': 'service/1.0' } });
  response.send(await answer.text());
});

const CALLS = [
  ['GET', '/orders/1'],
  ['GET', '/orders/1'],
  ['GET', '/orders/1'],
  ['GET', '/search?status=paid&minimum=10&sort=-created_at&page=3&utm_source=newsletter&utm_campaign=spring'],
  ['POST', '/orders'],
  ['GET', '/upstream'],
  ['GET', '/report'],
  ['GET', '/broken'],
];
let port;

function call(method, path) {
  return new Promise((resolve, reject) => {
    const headers = {
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0',
    };
    const request = http.request({ method, path, port, host: '127.0.0.1', headers }, (response) => {
      response.resume().on('end', resolve);
    });
    request.on('error', reject).end();
  });
}

async function main() {
  await pool.query(`CREATE TABLE IF NOT EXISTS orders (id serial PRIMARY KEY, customer_id int, status text, total numeric,
    currency text, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(), note text)`);
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  port = server.address().port;
  for (let i = 0; i < Number(process.env.REQUESTS); i++) {
    for (const [method, path] of CALLS) await call(method, path);
  }
  server.close();
  server.closeAllConnections();
  await pool.end();
}

main();
