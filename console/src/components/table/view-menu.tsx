import { Button, Checkbox, Kbd, Popover, SegmentedControl } from '@mantine/core';
import { IconAdjustmentsHorizontal } from '@tabler/icons-react';
import { useTranslation } from '@/i18n/use-translation';
import classes from './table-tools.module.css';
import type { Density, ViewSettings } from './view-settings';

interface ViewMenuProps {
  columns: readonly { id: string; title: string; fixed: boolean }[];
  settings: ViewSettings;
  onChange: (values: Partial<ViewSettings>) => void;
}

const keyboard = [
  { keys: ['j', 'k'], text: 'table.key_move' },
  { keys: ['Enter'], text: 'table.key_open' },
  { keys: ['x'], text: 'table.key_select' },
  { keys: ['/'], text: 'table.key_search' },
] as const;

export function ViewMenu({ columns, settings, onChange }: ViewMenuProps) {
  const { t } = useTranslation();
  const toggle = (id: string, shown: boolean) => {
    const hidden = settings.hidden.filter((other) => other !== id);
    onChange({ hidden: shown ? hidden : [...hidden, id] });
  };
  const densities: { value: Density; label: string }[] = [
    { value: 'comfortable', label: t('table.comfortable') },
    { value: 'compact', label: t('table.compact') },
  ];
  return (
    <Popover position="bottom-end" shadow="md" trapFocus returnFocus width={260}>
      <Popover.Target>
        <Button variant="default" leftSection={<IconAdjustmentsHorizontal size={16} aria-hidden />}>
          {t('table.view')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('table.view')}>
        <h3 className={classes.menuTitle}>{t('table.density')}</h3>
        <SegmentedControl
          fullWidth
          size="xs"
          aria-label={t('table.density')}
          data={densities}
          value={settings.density}
          onChange={(density) => onChange({ density })}
        />
        <h3 className={classes.menuTitle}>{t('table.columns')}</h3>
        <div className={classes.columns}>
          {columns
            .filter(({ fixed }) => !fixed)
            .map(({ id, title }) => (
              <Checkbox
                key={id}
                label={title}
                checked={!settings.hidden.includes(id)}
                onChange={(event) => toggle(id, event.currentTarget.checked)}
              />
            ))}
        </div>
        <h3 className={classes.menuTitle}>{t('table.keyboard')}</h3>
        <dl className={classes.keys}>
          {keyboard.map(({ keys, text }) => (
            <div key={text}>
              <dt>
                {keys.map((key) => (
                  <Kbd key={key} size="xs">
                    {key}
                  </Kbd>
                ))}
              </dt>
              <dd>{t(text)}</dd>
            </div>
          ))}
        </dl>
      </Popover.Dropdown>
    </Popover>
  );
}
