import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { Connect, Plugin } from 'vite';
import { handle } from './handler.ts';
import { recall } from './sign-in.ts';
import { createState, type State } from './state.ts';

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function streamEvents(state: State, request: IncomingMessage, response: ServerResponse): void {
  recall(state, request.headers.cookie ?? '');
  if (state.signedInAs === null) {
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
    new Request(address, {
      method,
      headers: {
        'user-agent': request.headers['user-agent'] ?? '',
        cookie: request.headers.cookie ?? '',
        authorization: request.headers.authorization ?? '',
      },
      body: body === '' ? undefined : body,
    }),
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
        const isPage = request.headers.accept?.includes('text/html') === true;
        if (isPage && !request.url?.startsWith('/api/')) {
          servePage(server.config.build.outDir, response).catch(next);
          return;
        }
        middleware(request, response, next);
      });
    },
  };
}

/** The built page as the server sends it: a new nonce in it and in the policy, every time. */
async function servePage(folder: string, response: ServerResponse): Promise<void> {
  const html = await readFile(join(folder, 'index.html'), 'utf8');
  const nonce = randomBytes(16).toString('base64');
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
  });
  response.end(html.replaceAll('LATARNIK_CSP_NONCE', nonce));
}
