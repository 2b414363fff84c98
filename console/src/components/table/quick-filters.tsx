import { useFormat } from '@/util/use-format';
import classes from './table-tools.module.css';

export interface QuickFilter {
  key: string;
  label: string;
  count: number | null;
  active: boolean;
  onChoose: () => void;
}

export function QuickFilters({ label, filters }: { label: string; filters: QuickFilter[] }) {
  const format = useFormat();
  return (
    <fieldset className={classes.quick}>
      <legend className="visually-hidden">{label}</legend>
      {filters.map(({ key, label: text, count, active, onChoose }) => (
        <button
          key={key}
          type="button"
          className={classes.quickFilter}
          aria-pressed={active}
          onClick={onChoose}
        >
          {text}
          {count !== null && <span className={classes.count}>{format.number(count)}</span>}
        </button>
      ))}
    </fieldset>
  );
}
