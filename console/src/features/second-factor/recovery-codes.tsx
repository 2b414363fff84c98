import { Button, Checkbox, CopyButton, Group, Stack, Text } from '@mantine/core';
import { IconCheck, IconCopy, IconDownload, IconPrinter } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { useLoss } from '@/components/form/unsaved';
import { GuardedButton } from '@/components/guarded-button';
import { useSession } from '@/features/session/session';
import { useTranslation } from '@/i18n/use-translation';
import { downloadText } from '@/util/csv';
import { useFormat } from '@/util/use-format';
import classes from './recovery-codes.module.css';

interface RecoveryCodesProps {
  codes: readonly string[];
  onDone: () => void;
}

/** Recovery codes in their only appearance: they go on once the person says they are kept. */
export function RecoveryCodes({ codes, onDone }: RecoveryCodesProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { user } = useSession();
  const [kept, setKept] = useState(false);
  useLoss(kept ? null : 'shown_once');
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const title = t('second_factor.codes_for', { email: user.email });
  const date = format.date(new Date().toISOString());
  const text = `${title}\n${date}\n\n${codes.join('\n')}\n`;
  return (
    <Stack gap="md">
      <div>
        <h2 ref={heading} tabIndex={-1} className={classes.title}>
          {t('second_factor.codes_title')}
        </h2>
        <Text mt={4}>{t('second_factor.codes_hint')}</Text>
      </div>
      <ol className={classes.codes} aria-label={t('second_factor.codes')}>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <Paper title={title} date={date} codes={codes} />
      <Group gap="xs">
        <CopyButton value={codes.join('\n')} timeout={2000}>
          {({ copied, copy }) => (
            <Button
              variant="default"
              leftSection={copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
              onClick={copy}
            >
              <span aria-live="polite">{copied ? t('common.copied') : t('common.copy')}</span>
            </Button>
          )}
        </CopyButton>
        <Button
          variant="default"
          leftSection={<IconDownload size={15} aria-hidden />}
          onClick={() =>
            downloadText('latarnik-recovery-codes.txt', 'text/plain;charset=utf-8', text)
          }
        >
          {t('second_factor.codes_download')}
        </Button>
        <Button
          variant="default"
          leftSection={<IconPrinter size={15} aria-hidden />}
          onClick={() => window.print()}
        >
          {t('second_factor.codes_print')}
        </Button>
      </Group>
      <Checkbox
        label={t('second_factor.codes_kept')}
        checked={kept}
        onChange={(event) => setKept(event.currentTarget.checked)}
      />
      <Group justify="flex-end">
        <GuardedButton
          size="sm"
          reason={kept ? null : t('second_factor.codes_not_kept')}
          onClick={onDone}
        >
          {t('second_factor.codes_done')}
        </GuardedButton>
      </Group>
    </Stack>
  );
}

interface PaperProps {
  title: string;
  date: string;
  codes: readonly string[];
}

/** The sheet that is printed, and nothing beside it. */
function Paper({ title, date, codes }: PaperProps) {
  return createPortal(
    <article data-print className={classes.paper}>
      <h1>{title}</h1>
      <p>{date}</p>
      <ol>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
    </article>,
    document.body,
  );
}
