import { IconPlugConnectedX } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { createLiveConnection, type LiveConnection } from '@/api/live-connection';
import { createLiveUpdates } from '@/api/live-updates';
import { useTranslation } from '@/i18n/use-translation';
import { useFormat } from '@/util/use-format';
import classes from './live.module.css';
import { sessionQuery } from './session';

/**
 * The server ends the stream now and then and browsers come back after some seconds: that is no
 * loss worth telling.
 */
const patience = 6_000;

/** Keeps the page live, and says so when it is not. */
export function Live() {
  const queryClient = useQueryClient();
  const [connection, setConnection] = useState<LiveConnection | null>(null);

  useEffect(() => {
    const updates = createLiveUpdates(queryClient);
    const created = createLiveConnection('/api/v1/events', updates, () => {
      void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
    });
    created.start();
    setConnection(created);
    return () => created.stop();
  }, [queryClient]);

  return connection && <LostConnection connection={connection} />;
}

function LostConnection({ connection }: { connection: LiveConnection }) {
  const { t } = useTranslation();
  const format = useFormat();
  const status = useSyncExternalStore(connection.subscribe, connection.status);
  const lost = status.state === 'lost';
  const [visible, setVisible] = useState(false);

  useEffect(() => {
    if (!lost) {
      setVisible(false);
      return;
    }
    const timer = setTimeout(() => setVisible(true), patience);
    return () => clearTimeout(timer);
  }, [lost]);

  return (
    <div role="status">
      {visible && (
        <div className={classes.banner}>
          <IconPlugConnectedX size={17} aria-hidden />
          <strong>{t('live.lost')}</strong>
          {status.lastOpenAt !== null && (
            <span>{t('live.lost_since', { time: format.time(status.lastOpenAt) })}</span>
          )}
        </div>
      )}
    </div>
  );
}
