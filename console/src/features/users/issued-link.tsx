import { Alert, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconMailCheck } from '@tabler/icons-react';
import type { IssuedLink } from '@/api/types';
import { CopyField } from '@/components/copy-field';
import { DoneButton } from '@/components/form/done-button';
import { RelativeTime } from '@/components/relative-time';
import { useTranslation } from '@/i18n/use-translation';

interface IssuedLinkNoteProps {
  link: IssuedLink;
  email: string;
}

/** How a link reached its person, or the link itself to pass on by hand. */
export function IssuedLinkNote({ link, email }: IssuedLinkNoteProps) {
  const { t } = useTranslation();
  return (
    <Stack gap="md">
      {link.delivery === 'mailed' && (
        <Group gap="xs" wrap="nowrap" align="flex-start" role="status">
          <IconMailCheck size={20} stroke={1.7} aria-hidden />
          <Text>{t('links.mailed', { email })}</Text>
        </Group>
      )}
      {link.delivery === 'by_hand' && <Text role="status">{t('links.by_hand', { email })}</Text>}
      {link.delivery === 'mail_failed' && (
        <Alert color="amber" icon={<IconAlertTriangle size={18} aria-hidden />}>
          {t('links.mail_failed', { email })}
        </Alert>
      )}
      {link.link && <CopyField value={link.link} label={t('links.link')} />}
      <Text c="dimmed" size="xs">
        {link.link ? t('links.once_expires') : t('links.expires')}{' '}
        <RelativeTime at={link.expires_at} />
      </Text>
      <DoneButton />
    </Stack>
  );
}
