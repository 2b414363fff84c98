import { type FocusEvent, type FormEvent, useRef, useState } from 'react';
import { toApiError } from '@/api/problem';
import { fieldErrorText } from '@/i18n/codes';
import { useTranslation } from '@/i18n/use-translation';

/** What is wrong with the values, in words, by field. */
export type Problems<Values> = { [Field in keyof Values]?: string | null };

interface FormOptions<Values> {
  initial: Values;
  problemsOf: (values: Values) => Problems<Values>;
  /** The refused request, whose field errors are shown at their fields. */
  refusal: unknown;
  /** What the API calls a field, where the name differs. */
  names?: Partial<Record<keyof Values, string>>;
}

/**
 * A message that appears while a button is being pressed would move the button away from under the
 * pointer. The button knows what to do about the values itself.
 */
function leavesForButton({ relatedTarget }: FocusEvent): boolean {
  return relatedTarget instanceof HTMLButtonElement;
}

/** After a refused submit the first field to correct has the focus. */
function focusFirstInvalid(form: HTMLFormElement) {
  requestAnimationFrame(() => {
    form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  });
}

/** Lists are equal when they say the same, whichever list they are. */
function same(one: unknown, other: unknown): boolean {
  return Object.is(one, other) || JSON.stringify(one) === JSON.stringify(other);
}

/**
 * Fields are checked when they are left and on submit. What the server refused is shown at its
 * field until somebody changes it.
 */
export function useForm<Values extends object>(options: FormOptions<Values>) {
  type Field = keyof Values & string;
  const { t } = useTranslation();
  const { initial, problemsOf, names } = options;
  const refusal = options.refusal ?? null;
  const [start, setStart] = useState(initial);
  const [values, setValues] = useState(initial);
  const [checked, setChecked] = useState<ReadonlySet<Field>>(new Set());
  /** The refusal that stood when a field was last changed: it no longer speaks of this value. */
  const corrected = useRef(new Map<Field, unknown>());
  const problems = problemsOf(values);
  const refused = refusal === null ? null : toApiError(refusal).fieldErrors;
  const fields = Object.keys(values) as Field[];
  const nameOf = (field: Field) => names?.[field] ?? field;

  const change = (changes: Partial<Values>) => {
    for (const field of Object.keys(changes) as Field[]) corrected.current.set(field, refusal);
    setValues((current) => ({ ...current, ...changes }));
  };
  const leave = (field: Field) => (event: FocusEvent) => {
    if (same(values[field], start[field]) || leavesForButton(event)) return;
    setChecked((current) => new Set([...current, field]));
  };
  const errorOf = (field: Field): string | null => {
    const problem = problems[field] ?? null;
    if (problem !== null) return checked.has(field) ? problem : null;
    const code = corrected.current.get(field) === refusal ? null : refused?.get(nameOf(field));
    return code ? fieldErrorText(t, code) : null;
  };
  const known = new Set(fields.map(nameOf));
  const placed =
    refused && refused.size > 0 && [...refused.keys()].every((name) => known.has(name));

  return {
    values,
    change,
    errorOf,
    dirty: fields.some((field) => !same(values[field], start[field])),
    /** What was refused and cannot be shown at a field. */
    note: refusal !== null && !placed ? refusal : null,
    /** The values have been kept: they are what changes are measured against from now on. */
    kept: (next: Values = values) => {
      setStart(next);
      setValues(next);
      setChecked(new Set());
    },
    leave,
    /** The properties of a text field. */
    text: (field: { [Name in Field]: Values[Name] extends string ? Name : never }[Field]) => ({
      value: values[field] as string,
      error: errorOf(field),
      onChange: (event: { currentTarget: { value: string } }) =>
        change({ [field]: event.currentTarget.value } as Partial<Values>),
      onBlur: leave(field),
    }),
    submit: (run: () => void) => (event: FormEvent<HTMLFormElement>) => {
      event.preventDefault();
      // A dialogue's form is a child of the page's form for React, though not on the page.
      event.stopPropagation();
      setChecked(new Set(fields));
      const wrong = fields.some((field) => problems[field]);
      if (wrong) focusFirstInvalid(event.currentTarget);
      else run();
    },
  };
}
