import { act, renderHook } from '@testing-library/react';
import type { FocusEvent, FormEvent, ReactNode } from 'react';
import { expect, it, vi } from 'vitest';
import { ApiError } from '@/api/problem';
import { i18n } from '@/i18n';
import { TranslationProvider } from '@/i18n/use-translation';
import { useForm } from './use-form';

const refusal = new ApiError({
  status: 422,
  code: 'validation_failed',
  fieldErrors: [['email_address', 'taken']],
});

async function show(refused: unknown = null) {
  await i18n.changeLanguage('en');
  const wrapper = ({ children }: { children: ReactNode }) => (
    <TranslationProvider>{children}</TranslationProvider>
  );
  return renderHook(
    () =>
      useForm({
        initial: { name: '', email: '' },
        refusal: refused,
        names: { email: 'email_address' },
        problemsOf: ({ name }) => ({ name: name.trim() === '' ? 'Missing' : null }),
      }),
    { wrapper },
  );
}

/** The focus goes to another field, unless it goes to a button. */
function left(to: Element = document.createElement('input')): FocusEvent {
  return { relatedTarget: to } as unknown as FocusEvent;
}

function submitEvent(): FormEvent<HTMLFormElement> {
  const form = document.createElement('form');
  return {
    preventDefault: () => undefined,
    stopPropagation: () => undefined,
    currentTarget: form,
  } as unknown as FormEvent<HTMLFormElement>;
}

it('says nothing of a field that was only passed through', async () => {
  const { result } = await show();
  act(() => result.current.text('name').onBlur(left()));
  expect(result.current.errorOf('name')).toBeNull();
});

it('checks a field that was changed when it is left', async () => {
  const { result } = await show();
  act(() => result.current.change({ name: ' ' }));
  expect(result.current.errorOf('name')).toBeNull();
  act(() => result.current.text('name').onBlur(left()));
  expect(result.current.errorOf('name')).toBe('Missing');
});

it('moves no button away from under the pointer', async () => {
  const { result } = await show();
  act(() => result.current.change({ name: ' ' }));
  act(() => result.current.text('name').onBlur(left(document.createElement('button'))));
  expect(result.current.errorOf('name')).toBeNull();
});

it('sends nothing while a value is wrong', async () => {
  const { result } = await show();
  const run = vi.fn();
  act(() => result.current.submit(run)(submitEvent()));
  expect(run).not.toHaveBeenCalled();
  expect(result.current.errorOf('name')).toBe('Missing');
  act(() => result.current.change({ name: 'Anna' }));
  act(() => result.current.submit(run)(submitEvent()));
  expect(run).toHaveBeenCalledTimes(1);
});

it('shows what the server refused at its field until that is changed', async () => {
  const { result } = await show(refusal);
  expect(result.current.errorOf('email')).toBe('This is already in use.');
  expect(result.current.note).toBeNull();
  act(() => result.current.change({ email: 'other@example.test' }));
  expect(result.current.errorOf('email')).toBeNull();
});

it('leaves a refusal that speaks of no field to a note', async () => {
  const { result } = await show(new ApiError({ status: 409, code: 'last_owner' }));
  expect(result.current.note).toBeInstanceOf(ApiError);
});

it('is dirty until the values have been kept', async () => {
  const { result } = await show();
  expect(result.current.dirty).toBe(false);
  act(() => result.current.change({ name: 'Anna' }));
  expect(result.current.dirty).toBe(true);
  act(() => result.current.kept());
  expect(result.current.dirty).toBe(false);
});
