import { TextInput } from '@mantine/core';
import { useTranslation } from '@/i18n/use-translation';
import classes from './code-field.module.css';
import type { CodeKind } from './rules';

interface CodeFieldProps {
  value: string;
  error: string | null;
  onChange: (value: string) => void;
  kind?: CodeKind;
  /** Present where a recovery code does as well. */
  onKind?: (kind: CodeKind) => void;
  size?: 'xs' | 'sm';
  autoFocus?: boolean;
}

/** The six digits of an authenticator app, or a recovery code where one is accepted. */
export function CodeField(props: CodeFieldProps) {
  const { t } = useTranslation();
  const { kind = 'totp', onKind, size = 'xs' } = props;
  const totp = kind === 'totp';
  return (
    <div>
      <TextInput
        // Another kind is another field, for password managers too.
        key={kind}
        className={totp ? classes.totp : classes.recovery}
        label={t(totp ? 'second_factor.code' : 'second_factor.recovery_code')}
        description={t(totp ? 'second_factor.code_hint' : 'second_factor.recovery_code_hint')}
        size={size}
        inputMode={totp ? 'numeric' : 'text'}
        autoComplete={totp ? 'one-time-code' : 'off'}
        autoCapitalize="none"
        spellCheck={false}
        maxLength={totp ? 9 : 40}
        autoFocus={props.autoFocus}
        data-autofocus={props.autoFocus || undefined}
        value={props.value}
        error={props.error}
        onChange={(event) => props.onChange(event.currentTarget.value)}
      />
      {onKind && (
        <button
          type="button"
          className={`link ${classes.switch}`}
          onClick={() => onKind(totp ? 'recovery' : 'totp')}
        >
          {t(totp ? 'second_factor.use_recovery_code' : 'second_factor.use_code')}
        </button>
      )}
    </div>
  );
}
