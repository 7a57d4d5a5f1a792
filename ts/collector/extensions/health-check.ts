// Copyright The otlp-mmap Authors
// SPDX-License-Identifier: Apache-2.0

import { listenAddress, urlPath } from '../config/schema/address.js';
import type { Read } from '../config/schema/schema.js';
import { object } from '../config/schema/structure.js';
import { HttpListener, pathOf } from '../http-listener.js';
import type { ExtensionFactory } from '../pipeline/component.js';

const config = object({
  endpoint: listenAddress({ default: 'localhost:13133' }),
  path: urlPath({ default: '/' }),
});

/** 200 while the collector does its work, 503 while it does not: for probes of orchestrators. Answers as the OpenTelemetry Collector's extension does. */
export const healthCheck: ExtensionFactory<Read<typeof config>> = {
  type: 'health_check',
  summary: 'answers over HTTP whether the collector does its work',
  config,
  create({ endpoint, path }, { id, status, logger }) {
    const listener = new HttpListener(endpoint, (request, response) => {
      if (pathOf(request) !== path) {
        response.writeHead(404).end();
        return;
      }
      const { fault, uptime } = status();
      const since = new Date(Date.now() - uptime).toISOString();
      const body =
        fault === undefined
          ? { status: 'Server available', upSince: since, uptime: `${(uptime / 1000).toFixed(3)}s` }
          : { status: 'Server not available', error: fault };
      response.writeHead(fault === undefined ? 200 : 503, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
    return {
      async start() {
        await listener.listen();
        logger.info(`${id} answers on http://${listener.address}${path}`);
      },
      close: () => listener.close(),
    };
  },
};
