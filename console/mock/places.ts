import type { Group, NewGroup, Openid, OpenidSettings, Tenant } from '../src/api/types.ts';
import type { Account } from './accounts.ts';
import { type Body, invalid, json, noContent, page, problem } from './answers.ts';
import { record, verify } from './audit.ts';
import { groups, provider, tenants } from './fleet.ts';
import type { State } from './state.ts';

function counted(state: State, tenant: Tenant): Tenant {
  return {
    ...tenant,
    devices: state.devices.filter((device) => device.tenant.id === tenant.id).length,
    users: state.accounts.filter((account) => account.tenant.id === tenant.id).length,
  };
}

function remove(state: State, tenant: Tenant, by: string): void {
  const deletion = { requested_at: new Date().toISOString(), requested_by: by, rows: 8_400 };
  let done = 0;
  const step = () => {
    done += 1_050;
    tenant.deletion = { ...deletion, rows_done: done };
    if (done >= deletion.rows) tenants.splice(tenants.indexOf(tenant), 1);
    else setTimeout(step, 1_200);
    state.emit('tenants_changed', {});
  };
  tenant.deletion = { ...deletion, rows_done: 0 };
  setTimeout(step, 1_200);
}

/** Deliberately not where the mock itself stands. */
export const redirectUrl = 'https://latarnik.example.test/sign-in/openid';

export function tenantsRoute(
  state: State,
  method: string,
  rest: string[],
  query: URLSearchParams,
  body: Body,
  caller: Account,
): Response {
  const [id, part, action] = rest;
  const name = body.text('name').trim();
  if (!id && method === 'POST') {
    if (tenants.some((tenant) => tenant.name === name)) return invalid('name', 'taken');
    const tenant: Tenant = {
      id: `tnt-${tenants.length + 1}`,
      name,
      parent_id: provider.id,
      kind: 'client',
      time_zone: body.text('time_zone') || 'Europe/Warsaw',
      audit_retention_days: null,
      devices: 0,
      users: 0,
      created_at: new Date().toISOString(),
      deletion: null,
    };
    tenants.push(tenant);
    return json(tenant, 201);
  }
  if (!id) {
    const all = caller.tenant.id === provider.id;
    const visible = tenants.filter((tenant) => all || tenant.id === caller.tenant.id);
    return page(
      visible.map((tenant) => counted(state, tenant)),
      query,
    );
  }
  const tenant = tenants.find((candidate) => candidate.id === id);
  if (!tenant) return problem(404, 'not_found');
  if (part === 'audit-verification') return verify(state, id);
  if (part === 'openid') return openidRoute(state, method, id, action, body);
  if (part === 'deletion') {
    if (tenant.kind === 'provider') return problem(409, 'provider_stays');
    if (name !== tenant.name) return invalid('name', 'mismatch');
    remove(state, tenant, caller.name);
    return json(tenant, 202);
  }
  if (method === 'PATCH') {
    if (body.has('name')) tenant.name = name;
    if (body.has('time_zone')) tenant.time_zone = body.text('time_zone');
    if (body.has('audit_retention_days')) {
      tenant.audit_retention_days = body.number('audit_retention_days');
    }
    record(state, {
      action: 'update_tenant',
      target: { kind: 'tenant', id, name: tenant.name },
      details: [{ name: 'time_zone', value: tenant.time_zone }],
    });
  }
  return json(counted(state, tenant));
}

function openidRoute(
  state: State,
  method: string,
  tenantId: string,
  action: string | undefined,
  body: Body,
): Response {
  if (action === 'test') {
    const issuer = body.text('issuer');
    if (!URL.canParse(issuer)) return invalid('issuer', 'malformed');
    if (!issuer.includes('example')) return problem(502, 'openid_unreachable');
    return json({ authorization_endpoint: `${issuer}/protocol/openid-connect/auth` });
  }
  if (method === 'DELETE') {
    state.openid.delete(tenantId);
    return noContent();
  }
  if (method === 'PUT') {
    const { client_secret, ...rest } = body.as<OpenidSettings>();
    const before = state.openid.get(tenantId);
    const kept: Openid = {
      ...rest,
      has_secret: typeof client_secret === 'string' || before?.has_secret === true,
      redirect_url: redirectUrl,
    };
    state.openid.set(tenantId, kept);
  }
  const openid = state.openid.get(tenantId);
  return openid ? json(openid) : problem(404, 'not_found');
}

function counting(state: State, group: Group): Group {
  const devices = state.devices.filter((device) => device.group?.id === group.id).length;
  return { ...group, devices };
}

export function groupsRoute(
  state: State,
  method: string,
  rest: string[],
  query: URLSearchParams,
  body: Body,
): Response {
  const [id] = rest;
  if (!id && method === 'POST') {
    const wanted = body.as<NewGroup>();
    const twin = groups.some(
      (group) =>
        group.tenant_id === wanted.tenant_id &&
        (group.parent_id ?? null) === (wanted.parent_id ?? null) &&
        group.name === wanted.name,
    );
    if (twin) return invalid('name', 'taken');
    const group: Group = {
      id: `grp-${groups.length + 1}`,
      tenant_id: wanted.tenant_id ?? state.tenant.id,
      name: wanted.name,
      parent_id: wanted.parent_id,
      devices: 0,
    };
    groups.push(group);
    return json(group, 201);
  }
  if (!id) {
    const wanted = query.get('tenant_id');
    return page(
      groups
        .filter(({ tenant_id }) => !wanted || tenant_id === wanted)
        .map((group) => counting(state, group)),
      query,
    );
  }
  const group = groups.find((candidate) => candidate.id === id);
  if (!group) return problem(404, 'not_found');
  if (method === 'DELETE') {
    const around = groups.find((candidate) => candidate.id === group.parent_id);
    for (const inner of groups) {
      if (inner.parent_id === id) inner.parent_id = group.parent_id ?? null;
    }
    for (const device of state.devices) {
      if (device.group?.id === id)
        device.group = around ? { id: around.id, name: around.name } : null;
    }
    groups.splice(groups.indexOf(group), 1);
    return noContent();
  }
  if (body.has('name')) group.name = body.text('name');
  if (body.has('parent_id')) group.parent_id = body.text('parent_id') || null;
  for (const device of state.devices) {
    if (device.group?.id === id) device.group = { id, name: group.name };
  }
  return json(counting(state, group));
}
