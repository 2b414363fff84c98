import type { Update } from '@/api/types';
import { Card, Fact, Facts } from '@/components/page';
import { RelativeTime } from '@/components/relative-time';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import { Article } from './article';
import { Category } from './update-cells';

export function UpdateFacts({ update }: { update: Update }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { kb, severity, released_at } = update;
  return (
    <Card title={t('devices.facts')}>
      <Facts>
        {kb && (
          <Fact name={t('columns.kb')}>
            <Article kb={kb} />
          </Fact>
        )}
        {update.package && <Fact name={t('updates.package')}>{update.package}</Fact>}
        {update.available_version && (
          <Fact name={t('columns.version')}>{update.available_version}</Fact>
        )}
        <Fact name={t('columns.category')}>
          <Category category={update.category} />
        </Fact>
        {severity && <Fact name={t('columns.severity')}>{t(`severities.${severity}`)}</Fact>}
        <Fact name={t('updates.source')}>{t(`update_sources.${update.source}`)}</Fact>
        <Fact name={t('columns.released')}>
          {released_at ? format.date(released_at) : t('common.unknown')}
        </Fact>
        <Fact name={t('columns.first_offered')}>
          <RelativeTime at={update.first_offered_at} />
        </Fact>
        <Fact name={t('devices.identifier')}>
          <code>{update.id}</code>
        </Fact>
      </Facts>
    </Card>
  );
}
