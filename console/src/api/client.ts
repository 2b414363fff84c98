import createClient from 'openapi-fetch';
import type { paths } from './generated/schema';
import { problemFrom } from './problem';

export const client = createClient<paths>({
  baseUrl: '',
  credentials: 'same-origin',
  // Looked up at call time, so that tests can put a mock in its place.
  fetch: (request) => globalThis.fetch(request),
});

export interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The body of a successful answer; anything else is thrown as an `ApiError`. */
export async function unwrap<Data>(
  request: Promise<Answer<Data>>,
): Promise<Exclude<Data, undefined>> {
  const { data, error, response } = await request;
  if (!response.ok || data === undefined) throw problemFrom(response, error);
  return data as Exclude<Data, undefined>;
}

/** For requests that answer without a body. */
export async function settle(request: Promise<Answer<unknown>>): Promise<void> {
  const { error, response } = await request;
  if (!response.ok) throw problemFrom(response, error);
}
