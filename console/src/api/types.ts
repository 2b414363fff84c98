import type { components, operations } from './generated/schema';

type Schemas = components['schemas'];

export type Device = Schemas['Device'];
export type Allowed = Schemas['Allowed'];
export type RestartSignal = Device['restart']['signals'][number];
export type Update = Schemas['Update'];
export type Action = Schemas['Action'];
export type NewAction = Schemas['NewAction'];
export type ActionKind = Action['kind'];
export type When = Action['when'];
export type DeviceFilter = NonNullable<NewAction['filter']>;
export type Task = Schemas['Task'];
export type TaskState = Task['state'];
export type TaskUpdate = Task['updates'][number];
export type EnrollmentToken = Schemas['EnrollmentToken'];
export type NewEnrollmentToken = Schemas['NewEnrollmentToken'];
export type IssuedEnrollmentToken = Schemas['IssuedEnrollmentToken'];

export type DeviceQuery = NonNullable<operations['list_devices']['parameters']['query']>;
export type TaskQuery = NonNullable<operations['list_tasks']['parameters']['query']>;

/** One page of a list; `total` is present when the request asked for it. */
export interface Page<Item> {
  items: Item[];
  next_cursor?: string | null;
  total?: number | null;
}
