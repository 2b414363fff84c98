import { MantineProvider, TextInput } from '@mantine/core';
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  Link,
  Outlet,
  RouterProvider,
} from '@tanstack/react-router';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { describe, expect, it } from 'vitest';
import { i18n } from '@/i18n';
import { TranslationProvider } from '@/i18n/use-translation';
import { DoneButton } from './done-button';
import { Form } from './form';
import { FormButtons } from './form-buttons';
import { FormDialog } from './form-dialog';
import { UnsavedProvider, useLeave, useLoss } from './unsaved';
import { useForm } from './use-form';

const request = { isPending: false, isSuccess: false };

function NameForm() {
  const [saved, setSaved] = useState(request);
  const form = useForm({ initial: { name: '' }, refusal: null, problemsOf: () => ({}) });
  const submit = form.submit(() => setSaved({ isPending: false, isSuccess: true }));
  return (
    <Form form={form} request={saved} onSubmit={submit}>
      <TextInput {...form.text('name')} label="Name" data-autofocus />
      <FormButtons submit="Save" busy={false} refusal={null} />
    </Form>
  );
}

function Secret() {
  useLoss('shown_once');
  return <DoneButton />;
}

function WithDialog({ content: Content }: { content: () => React.ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        {'Open'}
      </button>
      {open && (
        <FormDialog title="Form" onClose={() => setOpen(false)}>
          <Content />
        </FormDialog>
      )}
    </>
  );
}

function Elsewhere() {
  const leave = useLeave();
  const [out, setOut] = useState(false);
  return (
    <>
      <Link to="/updates">{'Elsewhere'}</Link>
      <button type="button" onClick={() => leave(() => setOut(true))}>
        {'Sign out'}
      </button>
      {out && <p>{'Signed out'}</p>}
    </>
  );
}

async function show(content: () => React.ReactNode, language = 'en') {
  await i18n.changeLanguage(language);
  const root = createRootRoute({
    component: () => (
      <UnsavedProvider>
        <Elsewhere />
        <Outlet />
      </UnsavedProvider>
    ),
  });
  const router = createRouter({
    routeTree: root.addChildren([
      createRoute({ getParentRoute: () => root, path: '/', component: content }),
      createRoute({
        getParentRoute: () => root,
        path: '/updates',
        component: () => <p>{'The other page'}</p>,
      }),
    ]),
    history: createMemoryHistory({ initialEntries: ['/'] }),
  });
  render(
    <MantineProvider>
      <TranslationProvider>
        <RouterProvider router={router} />
      </TranslationProvider>
    </MantineProvider>,
  );
  return userEvent.setup();
}

async function openDialog(content: () => React.ReactNode = NameForm, language = 'en') {
  const user = await show(() => <WithDialog content={content} />, language);
  await user.click(await screen.findByRole('button', { name: 'Open' }));
  await screen.findByRole('dialog', { name: 'Form' });
  return user;
}

function dialog(name: string) {
  return screen.queryByRole('dialog', { name });
}

const question = 'Discard the changes?';

/** Every way out of a dialogue. */
const ways = {
  Escape: (user: ReturnType<typeof userEvent.setup>) => user.keyboard('{Escape}'),
  'the close button': (user: ReturnType<typeof userEvent.setup>) =>
    user.click(screen.getByRole('button', { name: 'Close' })),
  Cancel: (user: ReturnType<typeof userEvent.setup>) =>
    user.click(screen.getByRole('button', { name: 'Cancel' })),
  'a click beside it': async (user: ReturnType<typeof userEvent.setup>) => {
    const overlay = document.querySelector('.mantine-Modal-overlay');
    if (!overlay) throw new Error('the dialogue has nothing beside it');
    await user.click(overlay);
  },
};

describe.each(Object.entries(ways))('leaving a dialogue by %s', (_way, leave) => {
  it('asks nothing when nothing was typed', async () => {
    const user = await openDialog();
    await leave(user);
    await waitFor(() => expect(dialog('Form')).toBeNull());
    expect(dialog(question)).toBeNull();
  });

  it('asks nothing when what was typed was taken back', async () => {
    const user = await openDialog();
    await user.type(screen.getByLabelText('Name'), 'A{Backspace}');
    await leave(user);
    await waitFor(() => expect(dialog('Form')).toBeNull());
  });

  it('asks when something was typed, and goes back to it', async () => {
    const user = await openDialog();
    await user.type(screen.getByLabelText('Name'), 'Anna');
    await leave(user);
    await screen.findByRole('dialog', { name: question });
    await user.click(screen.getByRole('button', { name: 'Keep editing' }));
    await waitFor(() => expect(dialog(question)).toBeNull());
    expect(screen.getByLabelText('Name')).toHaveProperty('value', 'Anna');
  });

  it('closes once the person agrees', async () => {
    const user = await openDialog();
    await user.type(screen.getByLabelText('Name'), 'Anna');
    await leave(user);
    await user.click(await screen.findByRole('button', { name: 'Discard the changes' }));
    await waitFor(() => expect(dialog('Form')).toBeNull());
    await waitFor(() => expect(dialog(question)).toBeNull());
  });
});

describe('the question', () => {
  it('is answered by Escape, which keeps the dialogue and its field', async () => {
    const user = await openDialog();
    const field = screen.getByLabelText('Name');
    await user.type(field, 'Anna');
    await user.keyboard('{Escape}');
    const stay = await screen.findByRole('button', { name: 'Keep editing' });
    // The harmless answer has the focus, and the question is read out.
    await waitFor(() => expect(document.activeElement).toBe(stay));
    const asked = dialog(question);
    const described = asked?.getAttribute('aria-describedby') ?? '';
    expect(document.getElementById(described)?.textContent).toContain('will be lost');
    await user.keyboard('{Escape}');
    await waitFor(() => expect(dialog(question)).toBeNull());
    expect(dialog('Form')).not.toBeNull();
    await waitFor(() => expect(document.activeElement).toBe(field));
  });

  it('is asked in Polish', async () => {
    const user = await openDialog(NameForm, 'pl');
    await user.type(screen.getByLabelText('Name'), 'Anna');
    await user.keyboard('{Escape}');
    await screen.findByRole('dialog', { name: 'Odrzucić zmiany?' });
    await user.click(await screen.findByRole('button', { name: 'Odrzuć zmiany' }));
    await waitFor(() => expect(dialog('Form')).toBeNull());
  });

  it('is asked before a secret is lost, but not when the work is done', async () => {
    const user = await openDialog(Secret);
    await user.keyboard('{Escape}');
    await screen.findByRole('dialog', { name: 'Close without keeping it?' });
    await user.click(await screen.findByRole('button', { name: 'Go back' }));
    await waitFor(() => expect(dialog('Close without keeping it?')).toBeNull());
    await user.click(screen.getByRole('button', { name: 'Done' }));
    await waitFor(() => expect(dialog('Form')).toBeNull());
  });
});

it('a closed dialogue gives the focus back to what opened it', async () => {
  const user = await openDialog();
  await user.keyboard('{Escape}');
  const opener = screen.getByRole('button', { name: 'Open' });
  await waitFor(() => expect(document.activeElement).toBe(opener));
});

describe('a page with a form', () => {
  const go = (user: ReturnType<typeof userEvent.setup>) =>
    user.click(screen.getByRole('link', { name: 'Elsewhere' }));

  it('is left at once when nothing was typed', async () => {
    const user = await show(NameForm);
    await screen.findByLabelText('Name');
    await go(user);
    expect(await screen.findByText('The other page')).toBeDefined();
  });

  it('asks before another page is opened', async () => {
    const user = await show(NameForm);
    await user.type(await screen.findByLabelText('Name'), 'Anna');
    await go(user);
    await user.click(await screen.findByRole('button', { name: 'Keep editing' }));
    expect(screen.getByLabelText('Name')).toHaveProperty('value', 'Anna');
    await go(user);
    await user.click(await screen.findByRole('button', { name: 'Discard the changes' }));
    expect(await screen.findByText('The other page')).toBeDefined();
  });

  it('asks before somebody signs out', async () => {
    const user = await show(NameForm);
    await user.type(await screen.findByLabelText('Name'), 'Anna');
    await user.click(screen.getByRole('button', { name: 'Sign out' }));
    expect(screen.queryByText('Signed out')).toBeNull();
    await user.click(await screen.findByRole('button', { name: 'Discard the changes' }));
    expect(await screen.findByText('Signed out')).toBeDefined();
  });
});
