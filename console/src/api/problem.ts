/** The problem details of a refused request, or a failure to reach the server at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;
  readonly fieldErrors: ReadonlyMap<string, string>;
  /** When the server will listen again, on this browser's clock; set when it asks to wait. */
  readonly retryAt: number | null;

  constructor(problem: {
    status: number;
    code: string;
    requestId?: string | null;
    fieldErrors?: Iterable<readonly [string, string]>;
    retryAt?: number | null;
  }) {
    super(problem.code);
    this.name = 'ApiError';
    this.status = problem.status;
    this.code = problem.code;
    this.requestId = problem.requestId ?? null;
    this.fieldErrors = new Map(problem.fieldErrors ?? []);
    this.retryAt = problem.retryAt ?? null;
  }
}

export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof TypeError) return new ApiError({ status: 0, code: 'server_unreachable' });
  return new ApiError({ status: 0, code: 'console_error' });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function retryAtOf(response: Response): number | null {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? Date.now() + seconds * 1_000 : null;
}

/** Reads a refused response; a body that is no problem details still gives a usable error. */
export function problemFrom(response: Response, body: unknown): ApiError {
  const requestId = response.headers.get('x-request-id');
  const retryAt = retryAtOf(response);
  if (!isRecord(body) || typeof body.code !== 'string') {
    const code = response.status >= 502 ? 'server_unreachable' : 'unexpected_response';
    return new ApiError({ status: response.status, code, requestId, retryAt });
  }
  const fieldErrors = Array.isArray(body.field_errors)
    ? body.field_errors.flatMap((entry: unknown) =>
        isRecord(entry) && typeof entry.field === 'string' && typeof entry.code === 'string'
          ? [[entry.field, entry.code] as const]
          : [],
      )
    : [];
  return new ApiError({
    status: response.status,
    code: body.code,
    requestId: typeof body.request_id === 'string' ? body.request_id : requestId,
    fieldErrors,
    retryAt,
  });
}

/** For places that know without asking that the role does not reach this far. */
export const forbidden = new ApiError({ status: 403, code: 'forbidden' });
