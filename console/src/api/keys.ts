/** The query cache's keys in one place, because events have to find what they change. */
export const keys = {
  devices: ['devices'] as const,
  deviceLists: ['devices', 'list'] as const,
  deviceCounts: ['devices', 'count'] as const,
  device: (id: string) => ['devices', 'detail', id] as const,
  deviceUpdates: (id: string) => ['devices', 'updates', id] as const,
  tasks: ['tasks'] as const,
  taskLists: ['tasks', 'list'] as const,
  taskCounts: ['tasks', 'count'] as const,
  task: (id: string) => ['tasks', 'detail', id] as const,
  actions: ['actions'] as const,
  action: (id: string) => ['actions', id] as const,
  enrollmentTokens: ['enrollment-tokens'] as const,
  tenants: ['tenants'] as const,
  groups: ['groups'] as const,
};
