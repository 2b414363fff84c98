import type {
  ApiToken,
  IssuedLink,
  NewApiToken,
  NewUser,
  User,
  UserChange,
} from '../src/api/types.ts';
import { type Account, createAccount, rolesBelow } from './accounts.ts';
import { type Body, invalid, json, noContent, page, problem } from './answers.ts';
import { record } from './audit.ts';
import { tenants } from './fleet.ts';
import type { State } from './state.ts';

const day = 24 * 3_600_000;

function later(days: number): string {
  return new Date(Date.now() + days * day).toISOString();
}

function referenceTo(id: string | null | undefined, state: State) {
  const tenant = tenants.find((candidate) => candidate.id === id);
  return tenant ? { id: tenant.id, name: tenant.name } : state.tenant;
}

function clientsOf(ids: string[] | null | undefined) {
  if (!ids) return null;
  return tenants.filter(({ id }) => ids.includes(id)).map(({ id, name }) => ({ id, name }));
}

/** As others may see it: without secrets, with what the caller may change. */
function shown(account: Account, caller: Account): User {
  const { password, language, color_scheme, recovery_codes, factor_required, ...user } = account;
  const own = account.id === caller.id;
  const wider = !rolesBelow(caller.role).includes(account.role);
  const reason = own ? 'own_account' : wider ? 'forbidden' : null;
  return { ...user, change: { allowed: reason === null, reason } };
}

/** A new link, kept so that it can be opened. */
function issueLink(state: State, account: Account, path: string): IssuedLink {
  const token = Array.from({ length: 64 }, () => Math.floor(Math.random() * 16).toString(16)).join(
    '',
  );
  state.links.set(token, { account: account.id, path });
  const byHand = state.mails !== true;
  return {
    expires_at: later(path === 'invitation' ? 7 : 1),
    delivery: byHand ? 'by_hand' : 'mailed',
    link: byHand ? `http://127.0.0.1:5173/${path}#${token}` : null,
  };
}

function create(state: State, body: Body): Response {
  const wanted = body.as<NewUser>();
  if (!/^\S+@\S+$/.test(wanted.email)) return invalid('email', 'malformed');
  if (state.accounts.some(({ email }) => email === wanted.email)) return invalid('email', 'taken');
  const account = createAccount({
    id: `usr-${state.accounts.length + 1}`,
    email: wanted.email,
    name: wanted.name,
    role: wanted.role,
    tenant: referenceTo(wanted.tenant_id, state),
    clients: clientsOf(wanted.client_ids),
    state: 'invited',
    invitation_expires_at: later(7),
    created_at: new Date().toISOString(),
    factor_required: wanted.role === 'admin',
  });
  state.accounts.push(account);
  record(state, {
    action: 'invite_user',
    target: { kind: 'user', id: account.id, name: account.name },
    details: [{ name: 'role', value: account.role }],
  });
  const invitation = issueLink(state, account, 'invitation');
  return json({ user: shown(account, account), invitation }, 201);
}

function update(state: State, account: Account, body: Body): Response {
  const { name, role, state: stands, client_ids } = body.as<UserChange>();
  if (name) account.name = name;
  if (role) account.role = role;
  if (stands) account.state = stands;
  if (client_ids !== undefined) account.clients = clientsOf(client_ids);
  record(state, {
    action: 'update_user',
    target: { kind: 'user', id: account.id, name: account.name },
    details: [{ name: 'role', value: account.role }],
  });
  return json(account);
}

export const browsers = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0',
];

export function usersRoute(
  state: State,
  method: string,
  rest: string[],
  query: URLSearchParams,
  body: Body,
  caller: Account,
): Response {
  const [id, part] = rest;
  if (!id && method === 'POST') return create(state, body);
  if (!id) {
    const search = query.get('search')?.toLowerCase() ?? '';
    const tenant = query.get('tenant_id');
    const found = state.accounts
      .filter(
        (account) => caller.tenant.id === state.tenant.id || account.tenant.id === caller.tenant.id,
      )
      .filter((account) => !tenant || account.tenant.id === tenant)
      .filter(({ name, email }) => `${name} ${email}`.toLowerCase().includes(search))
      .map((account) => shown(account, caller));
    return page(found, query);
  }
  const account = state.accounts.find((candidate) => candidate.id === id);
  if (!account) return problem(404, 'not_found');
  const target = { kind: 'user', id, name: account.name };
  if (part === 'invitation') return json(issueLink(state, account, 'invitation'));
  if (part === 'password-reset') return json(issueLink(state, account, 'new-password'));
  if (part === 'second-factor') {
    account.second_factor = 'off';
    account.recovery_codes = [];
    record(state, { action: 'reset_second_factor', target });
    return noContent();
  }
  if (part === 'sessions') {
    if (method === 'DELETE') {
      state.endedFor.add(id);
      return noContent();
    }
    const sessions = account.signed_in_at && !state.endedFor.has(id) ? browsers.slice(0, 2) : [];
    return page(
      sessions.map((user_agent, index) => ({
        id: `ses-${id}-${index}`,
        created_at: later(-2 - index),
        last_seen_at: later(-index / 3),
        expires_at: later(10),
        address: `198.51.100.${index + 3}`,
        user_agent,
        method: 'password',
        current: false,
      })),
      query,
    );
  }
  if (method === 'DELETE') {
    state.accounts.splice(state.accounts.indexOf(account), 1);
    record(state, { action: 'delete_user', target });
    return noContent();
  }
  return method === 'PATCH' ? update(state, account, body) : json(shown(account, caller));
}

export function apiTokensRoute(
  state: State,
  method: string,
  rest: string[],
  query: URLSearchParams,
  body: Body,
  caller: Account,
): Response {
  if (method === 'POST') {
    const wanted = body.as<NewApiToken>();
    const token: ApiToken = {
      id: `api-${state.apiTokens.length + 1}`,
      tenant: referenceTo(wanted.tenant_id, state),
      name: wanted.name,
      role: wanted.role,
      clients: clientsOf(wanted.client_ids),
      created_at: new Date().toISOString(),
      created_by: caller.name,
      expires_at: later(wanted.expires_in_days),
      last_used_at: null,
      last_used_address: null,
      state: 'active',
    };
    state.apiTokens.unshift(token);
    record(state, {
      action: 'create_api_token',
      target: { kind: 'api_token', id: token.id, name: token.name },
      details: [{ name: 'role', value: token.role }],
    });
    return json({ api_token: token, token: `${tokenPrefix}${token.id}` }, 201);
  }
  if (method === 'DELETE') {
    const token = state.apiTokens.find(({ id }) => id === rest[0]);
    if (!token) return problem(404, 'not_found');
    token.state = 'revoked';
    return noContent();
  }
  const tenant = query.get('tenant_id');
  return page(
    state.apiTokens.filter((token) => !tenant || token.tenant.id === tenant),
    query,
  );
}

const tokenPrefix = 'lat_api_8c1f52e0b7d94a6f9a37c2d4e5f60718_';

/** An account with the reach of a token that still works. */
export function tokenHolder(state: State, secret: string): Account | undefined {
  const token = state.apiTokens.find(({ id }) => secret === `${tokenPrefix}${id}`);
  if (token?.state !== 'active') return undefined;
  return createAccount({ id: token.id, email: '', name: token.name, role: token.role });
}

export function createApiTokens(): ApiToken[] {
  const [provider, bakery] = tenants.map(({ id, name }) => ({ id, name }));
  if (!provider || !bakery) return [];
  return [
    {
      id: 'api-1',
      tenant: provider,
      name: 'Ticket system',
      role: 'technician',
      clients: [bakery],
      created_at: later(-40),
      created_by: 'Anna Wiśniewska',
      expires_at: later(50),
      last_used_at: later(-0.05),
      last_used_address: '203.0.113.80',
      state: 'active',
    },
    {
      id: 'api-2',
      tenant: bakery,
      name: 'Raport miesięczny',
      role: 'client_view',
      clients: null,
      created_at: later(-200),
      created_by: 'Marek Kowalczyk',
      expires_at: later(-20),
      last_used_at: null,
      last_used_address: null,
      state: 'expired',
    },
  ];
}
