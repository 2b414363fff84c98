import { IconTableExport } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { toApiError } from '@/api/problem';
import { GuardedButton } from '@/components/guarded-button';
import { errorText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';
import { downloadText, encodeCsv } from '@/util/csv';
import { useFormat } from '@/util/use-format';
import { deviceCsvRows } from './device-csv';
import { deviceQuery, type TenantDeviceSearch } from './device-search';
import { fetchAllDevices } from './devices';

/** Exports every device that matches, not only the page in view. */
export function ExportButton({ search }: { search: TenantDeviceSearch }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [loaded, setLoaded] = useState(0);
  const exporting = useMutation({
    mutationFn: async () => {
      setLoaded(0);
      const query = deviceQuery({ ...search, cursor: undefined });
      const devices = await fetchAllDevices(query, setLoaded);
      const day = new Date().toISOString().slice(0, 10);
      const csv = encodeCsv(deviceCsvRows(t, devices), format.csvSeparator);
      downloadText(`latarnik-${day}.csv`, 'text/csv;charset=utf-8', csv);
    },
  });
  const error = exporting.error ? errorText(t, toApiError(exporting.error).code) : undefined;
  return (
    <GuardedButton
      variant="default"
      leftSection={<IconTableExport size={16} aria-hidden />}
      reason={exporting.isPending ? t('table.exporting', { count: loaded }) : null}
      onClick={() => exporting.mutate()}
    >
      {exporting.isPending ? t('table.exporting', { count: loaded }) : t('table.export')}
      {error && (
        <span role="alert" className="visually-hidden">
          {error}
        </span>
      )}
    </GuardedButton>
  );
}
