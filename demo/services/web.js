// The shop's front: asks orders and catalog, each through the sidecar beside this process.
// PORT, OUTBOUND (the sidecar's outbound listener), INSTANCE and VERSION come from the environment.
'use strict';
const http = require('node:http');

const NAME = 'web';
const PORT = Number(process.env.PORT);
const OUTBOUND = new URL(process.env.OUTBOUND);
const INSTANCE = process.env.INSTANCE || NAME;
const VERSION = process.env.VERSION || 'v1';
const LARGEST_ANSWER = 1 << 20;
const TRACE_HEADER = /^(traceparent|tracestate|b3|x-b3-[a-z]+|x-request-id)$/;
const agent = new http.Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 256 });

class CalleeError extends Error {
  constructor(callee, why) {
    super(`${callee}: ${why}`);
    this.callee = callee;
  }
}

function traceHeaders(request) {
  const seen = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (TRACE_HEADER.test(name)) seen[name] = value;
  }
  return seen;
}

/** One GET by way of the sidecar; once more when a kept connection turned out to be dead. */
function call(callee, path, headers, mayRepeat = true) {
  return new Promise((resolve, reject) => {
    const request = http.request({
      agent,
      host: OUTBOUND.hostname,
      port: OUTBOUND.port,
      path,
      headers: { ...headers, host: callee },
      timeout: 15000,
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 15 s')));
    request.on('error', (error) => {
      if (mayRepeat && request.reusedSocket && error.code === 'ECONNRESET') {
        call(callee, path, headers, false).then(resolve, reject);
      } else {
        reject(new CalleeError(callee, error.message));
      }
    });
    request.on('response', (response) => {
      const parts = [];
      let size = 0;
      response.on('data', (part) => {
        size += part.length;
        if (size > LARGEST_ANSWER) {
          response.destroy(new Error(`answer above ${LARGEST_ANSWER} bytes`));
        } else {
          parts.push(part);
        }
      });
      response.on('error', (error) => reject(new CalleeError(callee, error.message)));
      response.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        if (response.statusCode !== 200) {
          reject(new CalleeError(callee, `status ${response.statusCode}: ${text.slice(0, 500)}`));
          return;
        }
        try {
          resolve(JSON.parse(text));
        } catch (error) {
          reject(new CalleeError(callee, error.message));
        }
      });
    });
    request.end();
  });
}

function answer(response, status, value) {
  const body = Buffer.from(JSON.stringify(value) + '\n');
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

async function serve(request, response) {
  if (request.url === '/healthz') {
    answer(response, 200, { status: 'ok' });
    return;
  }
  const headers = traceHeaders(request);
  const own = { service: NAME, language: 'Node.js', instance: INSTANCE, version: VERSION, headers };
  try {
    const [orders, catalog] = await Promise.all([
      call('orders', '/orders', headers),
      call('catalog', '/catalog', headers),
    ]);
    answer(response, 200, { service: NAME, hops: [own, ...orders.hops, ...catalog.hops] });
  } catch (error) {
    answer(response, 502, { service: NAME, callee: error.callee, error: error.message });
  }
}

const server = http.createServer((request, response) => {
  request.resume();
  serve(request, response);
});
// The sidecar keeps its connections to this process; who waits for work never closes first.
server.keepAliveTimeout = 3600 * 1000;
server.requestTimeout = 0;
server.listen({ host: '127.0.0.1', port: PORT, backlog: 1024 }, () => {
  console.log(`${NAME} ${INSTANCE} ${VERSION} on 127.0.0.1:${PORT}, outbound ${OUTBOUND.host}`);
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), 2000).unref();
  });
}
