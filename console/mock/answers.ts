export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json' },
  });
}

export const noContent = () => new Response(null, { status: 204 });

interface Field {
  field: string;
  code: string;
}

export function problem(status: number, code: string, fields: Field[] = [], wait = 0): Response {
  const body = {
    type: 'about:blank',
    title: code,
    status,
    code,
    request_id: 'req-mock-0001',
    field_errors: fields,
  };
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...(wait > 0 ? { 'retry-after': String(wait) } : {}),
    },
  });
}

export function invalid(field: string, code: string): Response {
  return problem(422, 'validation_failed', [{ field, code }]);
}

export function page<Item>(items: readonly Item[], query: URLSearchParams): Response {
  const limit = Number(query.get('limit') ?? 50);
  const from = Number(query.get('cursor') ?? 0);
  const next = from + limit < items.length ? String(from + limit) : null;
  const total = query.get('count') === 'true' ? { total: items.length } : {};
  return json({ items: items.slice(from, from + limit), next_cursor: next, ...total });
}

/** Parts of a JSON body by name; what is missing or of another type is undefined. */
export class Body {
  private readonly values: Record<string, unknown>;

  constructor(text: string) {
    const parsed: unknown = text === '' ? {} : JSON.parse(text);
    this.values = typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  }

  text(name: string): string {
    const value = this.values[name];
    return typeof value === 'string' ? value : '';
  }

  number(name: string): number | null {
    const value = this.values[name];
    return typeof value === 'number' ? value : null;
  }

  texts(name: string): string[] | null {
    const value = this.values[name];
    return Array.isArray(value) ? value.map(String) : null;
  }

  has(name: string): boolean {
    return this.values[name] !== undefined;
  }

  as<Shape>(): Shape {
    return this.values as Shape;
  }
}
