import { Button, Drawer, Group, Stack } from '@mantine/core';
import type { AuditEvent } from '@/api/types';
import { Fact, Facts } from '@/components/page';
import { useExactTime } from '@/components/relative-time';
import {
  actorKindText,
  actorText,
  auditActionText,
  auditDetailNameText,
  errorText,
  targetKindText,
} from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { detailValueText, Result, targetText } from './audit-cells';
import classes from './audit-page.module.css';
import type { AuditSearch } from './audit-search';

interface AuditDetailsProps {
  event: AuditEvent | undefined;
  onClose: () => void;
  /** Narrows the log to what belongs to this event. */
  onNarrow: (values: Partial<AuditSearch>) => void;
}

export function AuditDetails({ event, onClose, onNarrow }: AuditDetailsProps) {
  const { t } = useTranslation();
  return (
    <Drawer
      opened={event !== undefined}
      onClose={onClose}
      position="right"
      size={500}
      title={event && auditActionText(t, event.action)}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      {event && <Details event={event} onNarrow={onNarrow} />}
    </Drawer>
  );
}

function Details({ event, onNarrow }: Pick<AuditDetailsProps, 'onNarrow'> & { event: AuditEvent }) {
  const { t } = useTranslation();
  const { actor, target } = event;
  const actorId = actor.id ?? undefined;
  return (
    <Stack gap="lg">
      <Happening event={event} />
      {event.details.length > 0 && <FurtherDetails event={event} />}
      <Proof event={event} />
      <Group gap="xs">
        {actorId !== undefined && (
          <Button
            variant="default"
            onClick={() => onNarrow({ actor: actorId, actor_kind: undefined })}
          >
            {t('audit.all_by', { name: actor.name })}
          </Button>
        )}
        <Button
          variant="default"
          onClick={() => onNarrow({ target_kind: target.kind, target: target.id })}
        >
          {t('audit.all_on')}
        </Button>
      </Group>
    </Stack>
  );
}

function Happening({ event }: { event: AuditEvent }) {
  const { t } = useTranslation();
  const exact = useExactTime();
  const { actor, target } = event;
  const who = actorText(t, actor);
  const kind = actorKindText(t, actor.kind);
  const more = [who !== kind && kind, actor.id].filter(Boolean);
  return (
    <Facts>
      <Fact name={t('columns.at')}>{exact(event.at)}</Fact>
      <Fact name={t('columns.actor')}>
        {who}
        {more.length > 0 && <div className={classes.dim}>{more.join(' · ')}</div>}
      </Fact>
      <Fact name={t('columns.address')}>{event.address ?? t('common.unknown')}</Fact>
      <Fact name={t('columns.what')}>
        {auditActionText(t, event.action)}
        <div className={classes.dim}>{event.action}</div>
      </Fact>
      <Fact name={t('columns.target')}>
        {targetText(t, event)}
        <div className={classes.dim}>{`${targetKindText(t, target.kind)} · ${target.id}`}</div>
      </Fact>
      <Fact name={t('columns.tenant')}>{event.tenant.name}</Fact>
      <Fact name={t('columns.result')}>
        <Result event={event} />
        {event.result !== 'succeeded' && (
          <div className={classes.dim}>{errorText(t, event.result)}</div>
        )}
      </Fact>
    </Facts>
  );
}

function FurtherDetails({ event }: { event: AuditEvent }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <section>
      <h3 className={classes.section}>{t('audit.details')}</h3>
      <Facts>
        {event.details.map((detail) => (
          <Fact key={detail.name} name={auditDetailNameText(t, detail.name, event.target.kind)}>
            {detailValueText(t, format, detail)}
          </Fact>
        ))}
      </Facts>
    </section>
  );
}

/** What ties the entry to the one before it. */
function Proof({ event }: { event: AuditEvent }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <section>
      <h3 className={classes.section}>{t('audit.proof')}</h3>
      <Facts>
        <Fact name={t('audit.sequence')}>{format.number(event.sequence)}</Fact>
        <Fact name={t('errors.request_id')}>
          {event.request_id ? <code>{event.request_id}</code> : t('common.none')}
        </Fact>
        <Fact name={t('audit.identifier')}>
          <code>{event.id}</code>
        </Fact>
        <Fact name={t('audit.previous_hash')}>
          <code className={classes.hash}>{event.previous_hash}</code>
        </Fact>
        <Fact name={t('audit.hash')}>
          <code className={classes.hash}>{event.hash}</code>
        </Fact>
      </Facts>
    </section>
  );
}
