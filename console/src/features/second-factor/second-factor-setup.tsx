import { useState } from 'react';
import type { TotpSetup } from '@/api/types';
import { useTranslation } from '@/i18n/use-translation';
import { ConfirmStep } from './confirm-step';
import { RecoveryCodes } from './recovery-codes';
import { ScanStep } from './scan-step';
import classes from './second-factor-setup.module.css';

interface SecondFactorSetupProps {
  /** An authenticator is on already; its code is asked for before it is replaced. */
  replacing: boolean;
  onDone: () => void;
}

/** Sets up an authenticator and ends with the recovery codes, which are shown this once. */
export function SecondFactorSetup({ replacing, onDone }: SecondFactorSetupProps) {
  const { t } = useTranslation();
  const [secret, setSecret] = useState<TotpSetup | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  if (codes) return <RecoveryCodes codes={codes} onDone={onDone} />;
  const steps = ['confirm', 'scan', 'enter'] as const;
  const reached = secret ? 1 : 0;
  return (
    <div className={classes.setup}>
      <ol className={classes.steps} aria-label={t('second_factor.steps')}>
        {steps.map((step, index) => (
          <li
            key={step}
            data-state={index < reached ? 'done' : index === reached ? 'current' : 'open'}
            aria-current={index === reached ? 'step' : undefined}
          >
            {t(`second_factor.step_${step}`)}
          </li>
        ))}
      </ol>
      {secret ? (
        <ScanStep secret={secret} onConfirmed={setCodes} />
      ) : (
        <ConfirmStep replacing={replacing} onSecret={setSecret} />
      )}
    </div>
  );
}
