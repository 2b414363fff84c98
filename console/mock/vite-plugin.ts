import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connect, Plugin } from 'vite';
import { handle } from './handler.ts';
import { createState, type State } from './state.ts';

const contentSecurityPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'";

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function streamEvents(state: State, request: IncomingMessage, response: ServerResponse): void {
  if (!state.signedIn) {
    response.writeHead(401).end();
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': connected\n\n');
  const stop = state.listen(({ event, data }) => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  });
  request.on('close', stop);
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse) {
  const address = new URL(request.url ?? '/', 'http://console.test');
  if (address.pathname === '/api/v1/events') return streamEvents(state, request, response);
  const body = await readBody(request);
  const method = request.method ?? 'GET';
  const result = await handle(
    state,
    new Request(address, { method, body: body === '' ? undefined : body }),
  );
  response.writeHead(result.status, Object.fromEntries(result.headers));
  response.end(await result.text());
}

/** Serves the mock API from Vite itself: `LATARNIK_MOCK_API=1 npm run dev`. */
export function mockApi(): Plugin {
  const size = Number(process.env.LATARNIK_MOCK_DEVICES ?? 62);
  const state = createState(size);
  const middleware: Connect.NextHandleFunction = (request, response, next) => {
    if (request.url?.startsWith('/api/')) {
      answer(state, request, response).catch(next);
      return;
    }
    next();
  };
  return {
    name: 'latarnik-mock-api',
    configureServer: (server) => {
      server.middlewares.use(middleware);
    },
    configurePreviewServer: (server) => {
      server.middlewares.use((request, response, next) => {
        response.setHeader('content-security-policy', contentSecurityPolicy);
        middleware(request, response, next);
      });
    },
  };
}
