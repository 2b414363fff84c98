import type { components, operations } from './generated/schema';

type Schemas = components['schemas'];

export type Device = Schemas['Device'];
export type DeviceReference = Schemas['DeviceReference'];
export type Allowed = Schemas['Allowed'];
export type RestartSignal = Device['restart']['signals'][number];
/** An update over all devices. */
export type Update = Schemas['Update'];
/** An update that is offered to one device. */
export type DeviceUpdate = Schemas['DeviceUpdate'];
/** A device and where one update stands on it. */
export type UpdateDevice = Schemas['UpdateDevice'];
export type UpdateStep = Schemas['UpdateStep'];
export type UpdateState = Schemas['UpdateState'];
export type Standing = Schemas['Standing'];
export type Action = Schemas['Action'];
export type ActionSummary = Schemas['ActionSummary'];
export type UpdateCategory = Schemas['UpdateCategory'];
export type CreatorKind = Schemas['CreatorKind'];
export type NewAction = Schemas['NewAction'];
export type ActionKind = Action['kind'];
export type When = Action['when'];
export type DeviceFilter = NonNullable<NewAction['filter']>;
export type Task = Schemas['Task'];
export type TaskState = Task['state'];
export type TaskUpdate = Task['updates'][number];
/** Something that a person must know. */
export type Alert = Schemas['Alert'];
export type AlertCounts = Schemas['AlertCounts'];
export type NewAcknowledgements = Schemas['NewAcknowledgements'];
export type EnrollmentToken = Schemas['EnrollmentToken'];
export type NewEnrollmentToken = Schemas['NewEnrollmentToken'];
export type IssuedEnrollmentToken = Schemas['IssuedEnrollmentToken'];
export type Session = Schemas['Session'];
export type NewSession = Schemas['NewSession'];
export type SignInOptions = Schemas['SignInOptions'];
export type ProfileChange = Schemas['ProfileChange'];
export type PasswordChange = Schemas['PasswordChange'];
export type OpenidReturn = Schemas['OpenidReturn'];
export type UserSession = Schemas['UserSession'];
export type TotpRequest = Schemas['TotpRequest'];
export type TotpSetup = Schemas['TotpSetup'];
export type Capability = keyof Schemas['Abilities'];
export type Role = Schemas['Role'];
export type User = Schemas['User'];
export type NewUser = Schemas['NewUser'];
export type UserChange = Schemas['UserChange'];
export type InvitedUser = Schemas['InvitedUser'];
export type IssuedLink = Schemas['IssuedLink'];
export type ApiToken = Schemas['ApiToken'];
export type NewApiToken = Schemas['NewApiToken'];
export type IssuedApiToken = Schemas['IssuedApiToken'];
export type Tenant = Schemas['Tenant'];
export type TenantReference = Schemas['TenantReference'];
export type NewTenant = Schemas['NewTenant'];
export type TenantChange = Schemas['TenantChange'];
export type Group = Schemas['Group'];
export type NewGroup = Schemas['NewGroup'];
export type GroupChange = Schemas['GroupChange'];
export type AuditEvent = Schemas['AuditEvent'];
export type AuditVerification = Schemas['AuditVerification'];
export type Openid = Schemas['Openid'];
export type OpenidSettings = Schemas['OpenidSettings'];
/** What a tenant, a group or a device says about updates. */
export type UpdatePolicy = Schemas['UpdatePolicy'];
export type NewUpdatePolicy = Schemas['NewUpdatePolicy'];
export type UpdatePolicyChange = Schemas['UpdatePolicyChange'];
export type PolicyRules = Schemas['PolicyRules'];
export type CategoryEntry = Schemas['CategoryEntry'];
export type RingPlan = Schemas['RingPlan'];
export type RestartEntry = Schemas['RestartEntry'];
export type Switch = Schemas['Switch'];
export type PolicyAnswer = Schemas['PolicyAnswer'];
export type PolicyCounts = Schemas['PolicyCounts'];
export type PolicyPreview = Schemas['PolicyPreview'];
/** The rules that hold for one device, and whose they are. */
export type DeviceUpdatePolicy = Schemas['DeviceUpdatePolicy'];
export type ScopeReference = Schemas['ScopeReference'];
export type ScopeKind = Schemas['ScopeKind'];
/** An approval or a block of one update. */
export type UpdateDecision = Schemas['UpdateDecision'];
export type NewUpdateDecision = Schemas['NewUpdateDecision'];
export type UpdateName = Schemas['UpdateName'];
export type UpdateVerdict = Schemas['UpdateVerdict'];
export type DeviceMaintenance = Schemas['WindowOutlook'];
/** When automatic work may run. */
export type MaintenanceWindow = Schemas['MaintenanceWindow'];
export type NewMaintenanceWindow = Schemas['NewMaintenanceWindow'];
export type MaintenanceWindowChange = Schemas['MaintenanceWindowChange'];
export type WindowDefinition = Schemas['WindowDefinition'];
export type WindowPreviewRequest = Schemas['WindowPreviewRequest'];
export type SpanPreview = Schemas['SpanPreview'];
export type WindowPreview = Schemas['WindowPreview'];
export type MaintenanceWindowBatch = Schemas['MaintenanceWindowBatch'];
export type LocalSpan = Schemas['LocalSpan'];
export type MaintenanceAction = Schemas['MaintenanceAction'];
export type Weekday = Schemas['Weekday'];
export type NthWeekday = Schemas['NthWeekday'];
/** When nothing automatic may run. */
export type Blackout = Schemas['Blackout'];
export type NewBlackout = Schemas['NewBlackout'];
export type BlackoutChange = Schemas['BlackoutChange'];
export type BlackoutDefinition = Schemas['BlackoutDefinition'];
export type BlackoutPreviewRequest = Schemas['BlackoutPreviewRequest'];
export type MaintenanceSettings = Schemas['MaintenanceSettings'];
/** Why an action may run on a device now, or may not. */
export type MaintenanceExplanation = Schemas['MaintenanceExplanation'];
/** What runs on which device in the next hours. */
export type MaintenancePlan = Schemas['MaintenancePlan'];
export type PlannedDevice = MaintenancePlan['items'][number];
export type WindowOccurrence = Schemas['WindowOccurrence'];
export type CalendarFeed = Schemas['CalendarFeed'];
export type NewCalendarFeed = Schemas['NewCalendarFeed'];
export type ActionOutlook = Schemas['ActionOutlook'];
export type ActionOutlookRequest = Schemas['ActionOutlookRequest'];
/** The way of one update through a tenant's rings. */
export type Rollout = Schemas['Rollout'];

export type DeviceQuery = NonNullable<operations['list_devices']['parameters']['query']>;
export type UpdateQuery = NonNullable<operations['list_updates']['parameters']['query']>;
export type ActionQuery = NonNullable<operations['list_actions']['parameters']['query']>;
export type AlertQuery = NonNullable<operations['list_alerts']['parameters']['query']>;
export type TaskQuery = NonNullable<operations['list_tasks']['parameters']['query']>;
export type UserQuery = NonNullable<operations['list_users']['parameters']['query']>;
export type ApiTokenQuery = NonNullable<operations['list_api_tokens']['parameters']['query']>;
export type AuditQuery = NonNullable<operations['list_audit_events']['parameters']['query']>;
export type AuditExport = operations['export_audit_events']['parameters']['query'];
export type AuditFilter = Omit<AuditExport, 'format'>;

/** One page of a list; `total` is present when the request asked for it. */
export interface Page<Item> {
  items: Item[];
  next_cursor?: string | null;
  total?: number | null;
}
