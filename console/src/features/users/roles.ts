import type { Role } from '@/api/types';

/** From the widest to the narrowest. */
export const roles = [
  'owner',
  'admin',
  'technician',
  'client_view',
] as const satisfies readonly Role[];
