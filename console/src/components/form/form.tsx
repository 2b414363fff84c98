import type { FormEventHandler, ReactNode } from 'react';
import { useDialog, useLoss } from './unsaved';

interface FormProps {
  form: { dirty: boolean };
  /** The request that saves it. */
  request: { isPending: boolean; isSuccess: boolean };
  onSubmit: FormEventHandler<HTMLFormElement>;
  children: ReactNode;
}

/** A form whose unsaved content is asked about before it is lost. */
export function Form({ form, request, onSubmit, children }: FormProps) {
  // A dialogue closes once its form is saved; a page keeps the form, and measures it anew.
  const closing = useDialog() !== null && request.isSuccess;
  useLoss(form.dirty && !request.isPending && !closing ? 'typed' : null);
  return (
    <form onSubmit={onSubmit} noValidate>
      {children}
    </form>
  );
}
