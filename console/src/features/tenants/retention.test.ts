import { expect, it } from 'vitest';
import { retentionProblem } from './retention';

it('the audit log is kept for ever, or for 7 to 3,660 days', () => {
  expect(retentionProblem(null)).toBeNull();
  expect(retentionProblem('')).toBe('tenants.retention_range');
  expect(retentionProblem(6)).toBe('tenants.retention_range');
  expect(retentionProblem(7)).toBeNull();
  expect(retentionProblem(3_660)).toBeNull();
  expect(retentionProblem(3_661)).toBe('tenants.retention_range');
});
