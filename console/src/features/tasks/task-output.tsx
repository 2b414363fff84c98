import { Button, Modal } from '@mantine/core';
import { IconFileText } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { client, unwrap } from '@/api/client';
import { keys } from '@/api/keys';
import type { Task } from '@/api/types';
import { Card } from '@/components/page';
import { ProblemState } from '@/components/problem-state';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import classes from './task-page.module.css';
import { isFinished } from './tasks';

/** Longer logs are for a text editor; the download has them. */
const longestShown = 2_000_000;

/** The server keeps this many bytes of each output, less what a character at the cut needs. */
const longestExcerpt = 4_096;
const longestCharacter = 4;

export function TaskOutput({ task }: { task: Task }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [opened, setOpened] = useState(false);
  const bytes = task.log_bytes ?? null;
  const outputs = [
    { title: t('tasks.stdout'), text: wholeLines(task.stdout_excerpt ?? '') },
    { title: t('tasks.stderr'), text: wholeLines(task.stderr_excerpt ?? '') },
  ].filter(({ text }) => text !== '');
  const actions = bytes !== null && (
    <>
      <span className={classes.note}>{t('tasks.shortened', { size: format.bytes(bytes) })}</span>
      {bytes <= longestShown && (
        <Button
          variant="default"
          leftSection={<IconFileText size={16} aria-hidden />}
          onClick={() => setOpened(true)}
        >
          {t('tasks.open_log')}
        </Button>
      )}
    </>
  );
  return (
    <Card title={t('tasks.output')} actions={actions} flush>
      {outputs.length === 0 && (
        <p className={classes.quiet}>
          {t(isFinished(task) ? 'tasks.no_output_finished' : 'tasks.no_output')}
        </p>
      )}
      {outputs.map(({ title, text }) => (
        <div key={title}>
          <h3 className={classes.outputTitle}>{title}</h3>
          <OutputText label={title} text={text} />
        </div>
      ))}
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={t('tasks.log')}
        size="xl"
        closeButtonProps={{ 'aria-label': t('common.close') }}
      >
        <WholeLog id={task.id} />
      </Modal>
    </Card>
  );
}

/** An excerpt that was cut off begins in the middle of a line; that piece would only mislead. */
function wholeLines(excerpt: string): string {
  if (new TextEncoder().encode(excerpt).length < longestExcerpt - longestCharacter) return excerpt;
  return `…\n${excerpt.slice(excerpt.indexOf('\n') + 1)}`;
}

function OutputText({ label, text }: { label: string; text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: long output scrolls, also by keyboard.
    <section className={classes.output} aria-label={label} tabIndex={0}>
      <pre>{text}</pre>
    </section>
  );
}

function WholeLog({ id }: { id: string }) {
  const { t } = useTranslation();
  const log = useQuery({
    queryKey: [...keys.task(id), 'log'],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/v1/tasks/{id}/log', {
          params: { path: { id } },
          parseAs: 'text',
          signal,
        }),
      ),
    staleTime: 0,
  });
  if (log.isPending) return <p className={classes.quiet}>{t('common.loading')}</p>;
  if (log.isError) return <ProblemState error={log.error} onRetry={() => void log.refetch()} />;
  return <OutputText label={t('tasks.log')} text={log.data} />;
}
