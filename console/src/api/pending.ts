import type { components } from './generated/schema';

type Schemas = components['schemas'];

/** What the console asks the server for and the API's description does not have yet. */
export interface PendingSchemas {
  WindowOccurrence: Schemas['LocalSpan'] & {
    window: {
      id: string;
      name: string;
      scope: Schemas['ScopeReference'];
      actions: Schemas['MaintenanceAction'][];
    };
    devices: number;
  };
  PlannedDevice: {
    device: { id: string; hostname: string; tenant_id: string; tenant_name: string };
    time_zone: string;
    openings: (Schemas['LocalSpan'] & { action: Schemas['MaintenanceAction'] })[];
    tasks: {
      task_id: string;
      kind: Schemas['ActionKind'];
      action_id: string;
      state: Schemas['TaskState'];
      waits_until?: string | null;
    }[];
    restart_pending: boolean;
    online: boolean;
  };
  MaintenancePlan: {
    from: string;
    until: string;
    items: PendingSchemas['PlannedDevice'][];
    truncated?: boolean;
  };
  CalendarFeed: {
    id: string;
    scope: Schemas['ScopeReference'];
    created_at: string;
    created_by: string;
  };
  NewCalendarFeed: { tenant_id: string; group_id?: string | null; device_id?: string | null };
  DeviceMaintenance: {
    open: boolean;
    because: Schemas['MaintenanceExplanation']['because'];
    until?: string | null;
    next?: string | null;
    local_until?: string | null;
    local_next?: string | null;
  };
}

interface Answer<Status extends number, Content> {
  responses: Record<Status, { headers: object; content: { 'application/json': Content } }>;
}

interface Asked<Query> {
  parameters: { query?: Query };
}

export interface PendingPaths {
  '/api/v1/maintenance-windows/occurrences': {
    get: Asked<{ tenant_id?: string; days?: number }> &
      Answer<200, { items: PendingSchemas['WindowOccurrence'][] }>;
  };
  '/api/v1/maintenance-plan': {
    get: Asked<{ tenant_id?: string; hours?: number }> &
      Answer<200, PendingSchemas['MaintenancePlan']>;
  };
  '/api/v1/calendar-feeds': {
    get: Asked<{ tenant_id?: string }> & Answer<200, { items: PendingSchemas['CalendarFeed'][] }>;
    post: {
      requestBody: { content: { 'application/json': PendingSchemas['NewCalendarFeed'] } };
    } & Answer<201, PendingSchemas['CalendarFeed'] & { url: string }>;
  };
  '/api/v1/calendar-feeds/{id}': {
    delete: {
      parameters: { path: { id: string } };
      responses: { 204: { headers: object; content?: never } };
    };
  };
}
