import type { Session } from '../src/api/types.ts';
import { type Account, canOf, mockCode, rolesBelow } from './accounts.ts';
import { type Body, invalid, json, noContent, page, problem } from './answers.ts';
import { record } from './audit.ts';
import { tenants } from './fleet.ts';
import { browsers } from './people.ts';
import type { State } from './state.ts';

export function sessionOf(account: Account, state: State): Session {
  const kind = tenants.find(({ id }) => id === account.tenant.id)?.kind ?? 'client';
  const can = canOf(account);
  return {
    user: {
      id: account.id,
      email: account.email,
      name: account.name,
      role: account.role,
      language: account.language,
      color_scheme: account.color_scheme,
    },
    tenant: account.tenant,
    tenant_kind: kind,
    can,
    server_version: '0.1.0',
    session_id: 'ses-current',
    method: state.method,
    roles: can.manage_users ? rolesBelow(account.role) : [],
    second_factor: {
      state: account.second_factor,
      required: account.factor_required,
      recovery_codes_left: account.second_factor === 'on' ? account.recovery_codes.length : null,
    },
  };
}

/** What is wrong with a code, `null` when it is right; a recovery code is used up. */
function codeProblem(account: Account, code: string): string | null {
  if (account.second_factor === 'off') return null;
  if (code === '') return 'totp_required';
  const recovery = account.recovery_codes.indexOf(code);
  if (recovery >= 0) account.recovery_codes.splice(recovery, 1);
  return code === mockCode || recovery >= 0 ? null : 'totp_invalid';
}

function enter(state: State, account: Account, method: Session['method']): Response {
  state.signedInAs = account.id;
  state.method = method;
  state.failures = 0;
  account.signed_in_at = new Date().toISOString();
  record(state, {
    action: 'sign_in',
    target: { kind: 'session', id: 'ses-current', name: null },
    details: [{ name: 'method', value: method }],
  });
  return withCookie(json(sessionOf(account, state)), `${account.id}.${method}`);
}

const cookieName = 'latarnik-mock';

/** The mock trusts whoever names an account; browsers stay apart by it. */
function withCookie(response: Response, value: string): Response {
  const age = value === '' ? '; Max-Age=0' : '';
  response.headers.set('set-cookie', `${cookieName}=${value}; Path=/; HttpOnly${age}`);
  return response;
}

/** Recalls who asks, from the cookie. */
export function recall(state: State, cookies: string): void {
  const value = cookies
    .split(/;\s*/)
    .find((cookie) => cookie.startsWith(`${cookieName}=`))
    ?.slice(cookieName.length + 1);
  const [id, method] = (value ?? '').split('.');
  const account = state.accounts.find((candidate) => candidate.id === id);
  state.signedInAs = account?.state === 'active' ? account.id : null;
  state.method = method === 'openid' ? 'openid' : 'password';
}

export function sessionRoute(state: State, method: string, body: Body): Response {
  const current = state.accounts.find(({ id }) => id === state.signedInAs);
  if (method === 'POST') {
    if (state.failures >= 4) {
      state.failures = 0;
      return problem(429, 'too_many_attempts', [], 14);
    }
    const account = state.accounts.find(({ email }) => email === body.text('email'));
    if (account?.state !== 'active' || account.password !== body.text('password')) {
      state.failures += 1;
      return problem(401, 'invalid_credentials');
    }
    const wrong = codeProblem(account, body.text('totp_code'));
    return wrong ? problem(401, wrong) : enter(state, account, 'password');
  }
  if (method === 'DELETE') {
    return withCookie(noContent(), '');
  }
  return current ? json(sessionOf(current, state)) : problem(401, 'not_signed_in');
}

function passwordProblem(password: string): string | null {
  if ([...password].length < 12) return 'too_short';
  return /^(.)\1*$|latarnik/i.test(password) ? 'too_easy' : null;
}

/** Invitations and password resets: the links that would come by mail. */
export function linksRoute(state: State, noun: string, action: string, body: Body): Response {
  const path = noun === 'invitations' ? 'invitation' : 'new-password';
  if (noun === 'password-resets' && !action) return json({}, 202);
  const link = state.links.get(body.text('token'));
  const account = state.accounts.find(({ id }) => id === link?.account);
  if (!link || !account || link.path !== path) {
    const expired = body.text('token').startsWith('dead');
    return expired ? problem(410, 'link_expired') : problem(404, 'link_unknown');
  }
  if (action === 'read') {
    return json({
      email: account.email,
      name: account.name,
      tenant: account.tenant.name,
      expires_at: new Date(Date.now() + 86_400_000).toISOString(),
    });
  }
  const weak = passwordProblem(body.text('password'));
  if (weak) return invalid('password', weak);
  account.password = body.text('password');
  account.state = 'active';
  account.invitation_expires_at = null;
  state.links.delete(body.text('token'));
  return action === 'accept' ? enter(state, account, 'password') : noContent();
}

export function openidSignInRoute(state: State, action: string | undefined, body: Body): Response {
  if (action !== 'complete') {
    const email = body.text('email');
    const account = state.accounts.find((candidate) => candidate.email === email);
    if (!account) return problem(404, 'openid_unknown');
    return json({ authorization_url: `/sign-in/openid?code=mock&state=${account.id}` });
  }
  const account = state.accounts.find(({ id }) => id === body.text('state'));
  if (!account) return problem(401, 'openid_refused');
  const wrong = codeProblem(account, body.text('totp_code'));
  return wrong ? problem(401, wrong) : enter(state, account, 'openid');
}

const newCodes = [
  'w4kd-9xqp',
  'm2zt-7hvb',
  'r8nf-3cys',
  'j5ga-6wle',
  'p9xu-1dkm',
  't3bq-8rhz',
  'c6vy-4nfj',
  'h7ew-2sgt',
  'k1lp-5mxa',
  'z8rd-6qcv',
];

export function profileRoute(state: State, account: Account, rest: string[], body: Body): Response {
  const [part, step] = rest;
  if (!part) {
    Object.assign(account, body.as<Partial<Account>>());
    return json(sessionOf(account, state));
  }
  if (part === 'password') {
    if (body.text('current_password') !== account.password) {
      return invalid('current_password', 'wrong');
    }
    const weak = passwordProblem(body.text('new_password'));
    if (weak) return invalid('new_password', weak);
    account.password = body.text('new_password');
    return noContent();
  }
  const code = body.text('totp_code');
  if (part === 'totp' && !step) {
    if (state.method === 'password' && body.text('password') !== account.password) {
      return invalid('password', 'wrong');
    }
    const wrong = codeProblem(account, code);
    if (wrong) return problem(401, wrong);
    const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
    const label = encodeURIComponent(`Latarnik:${account.email}`);
    return json({ secret, url: `otpauth://totp/${label}?secret=${secret}&issuer=Latarnik` });
  }
  if (code !== mockCode) return problem(401, 'totp_invalid');
  if (step === 'disable') {
    if (account.factor_required) return problem(409, 'totp_mandatory');
    account.second_factor = 'off';
    account.recovery_codes = [];
    return noContent();
  }
  account.second_factor = 'on';
  account.recovery_codes = [...newCodes];
  return json({ recovery_codes: newCodes });
}

export function sessionsRoute(state: State, rest: string[], query: URLSearchParams): Response {
  if (rest[0]) {
    state.ended.add(rest[0]);
    return noContent();
  }
  const hour = 3_600_000;
  const sessions = browsers.map((user_agent, index) => ({
    id: index === 0 ? 'ses-current' : `ses-${index}`,
    created_at: new Date(Date.now() - (index * 30 + 1) * hour).toISOString(),
    last_seen_at: new Date(Date.now() - index * 5 * hour).toISOString(),
    expires_at: new Date(Date.now() + 300 * hour).toISOString(),
    address: index === 2 ? null : `203.0.113.${24 + index}`,
    user_agent: index === 0 ? state.userAgent : user_agent,
    method: 'password',
    current: index === 0,
  }));
  return page(
    sessions.filter(({ id }) => !state.ended.has(id)),
    query,
  );
}
