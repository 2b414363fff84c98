export const shortestRetention = 7;
export const longestRetention = 3_660;

/** Days; `null` is for ever, and empty is not yet typed. */
export type Retention = number | '' | null;

export function retentionProblem(retention: Retention) {
  if (retention === null) return null;
  return retention !== '' && retention >= shortestRetention && retention <= longestRetention
    ? null
    : 'tenants.retention_range';
}
