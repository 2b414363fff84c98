import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';

import { FilterChip } from '@/components/table/filter-chip';
import { FilterSelect } from '@/components/table/filter-select';
import { SearchField } from '@/components/table/search-field';
import { useCan } from '@/features/session/session';
import { userListQuery } from '@/features/users/users';
import { targetKindText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import classes from './audit-page.module.css';
import {
  type AuditSearch,
  actorKinds,
  auditActions,
  auditResults,
  type TenantAuditSearch,
} from './audit-search';

interface AuditFiltersProps {
  search: TenantAuditSearch;
  onChange: (values: Partial<AuditSearch>, replace?: boolean) => void;
}

export function AuditFilters({ search, onChange }: AuditFiltersProps) {
  const { t } = useTranslation();
  const actions = auditActions
    .map((action) => ({ value: action, label: t(`audit_actions.${action}`) }))
    .sort((one, other) => one.label.localeCompare(other.label));
  return (
    <>
      <SearchField
        label={t('audit.search')}
        value={search.search}
        onChange={(text) => onChange({ search: text }, true)}
      />
      <FilterSelect
        label={t('audit.actor_kind')}
        any={t('audit.any_actor_kind')}
        value={search.actor_kind}
        options={actorKinds.map((kind) => ({ value: kind, label: t(`actor_kinds.${kind}`) }))}
        onChange={(kind) => onChange({ actor_kind: kind })}
      />
      <Person search={search} onChange={onChange} />
      <FilterSelect
        label={t('audit.action')}
        any={t('audit.any_action')}
        value={search.action}
        options={actions}
        onChange={(action) => onChange({ action })}
      />
      <FilterSelect
        label={t('audit.result')}
        any={t('audit.any_result')}
        value={search.result}
        options={auditResults.map((result) => ({
          value: result,
          label: t(`audit.results.${result}`),
        }))}
        onChange={(result) => onChange({ result })}
      />
      <span className={classes.days}>
        <Day
          label={t('audit.since')}
          value={search.since}
          latest={search.until}
          onChange={(since) => onChange({ since })}
        />
        <Day
          label={t('audit.until')}
          value={search.until}
          earliest={search.since}
          onChange={(until) => onChange({ until })}
        />
      </span>
      {search.target !== undefined && (
        <FilterChip
          label={t('audit.target_chip', { kind: targetKindText(t, search.target_kind ?? '') })}
          onRemove={() => onChange({ target: undefined, target_kind: undefined })}
        />
      )}
    </>
  );
}

/** Who may not list people narrows by person through an event's details. */
function Person({ search, onChange }: AuditFiltersProps) {
  const { t } = useTranslation();
  const mayList = useCan('manage_users');
  const people = useQuery({
    ...userListQuery({ tenant_id: search.tenant, limit: 200 }),
    enabled: mayList,
  });
  const options = (people.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name }));
  const listed = options.some(({ value }) => value === search.actor);
  return (
    <>
      {options.length > 0 && (
        <FilterSelect
          label={t('audit.person')}
          any={t('audit.any_person')}
          value={listed ? search.actor : undefined}
          options={options}
          onChange={(actor) => onChange({ actor })}
        />
      )}
      {search.actor !== undefined && !listed && (
        <FilterChip label={t('audit.actor_chip')} onRemove={() => onChange({ actor: undefined })} />
      )}
    </>
  );
}

interface DayProps {
  label: string;
  value: string | undefined;
  earliest?: string;
  latest?: string;
  onChange: (day: string | undefined) => void;
}

function Day({ label, value, earliest, latest, onChange }: DayProps) {
  return (
    <TextInput
      type="date"
      className={classes.day}
      aria-label={label}
      data-hint={label}
      leftSection={<span className={classes.dayLabel}>{label}</span>}
      leftSectionWidth={52}
      min={earliest}
      max={latest}
      value={value ?? ''}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
    />
  );
}
