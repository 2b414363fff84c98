import { useBlocker } from '@tanstack/react-router';
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
import { ConfirmDialog } from '@/components/confirm-dialog';
import { useTranslation } from '@/i18n/use-translation';

/** What would be gone: something entered and not saved, or a secret that is shown this once. */
export type Loss = 'typed' | 'shown_once';

interface Entry {
  loss: Loss;
  /** The dialogue that it is in; `null` on a page. */
  dialog: string | null;
}

interface Unsaved {
  report: (id: string, entry: Entry | null) => void;
  /** Goes at once where nothing is lost; otherwise once the person agrees. */
  leave: (dialog: string | null, go: () => void) => void;
  /** Nothing in this dialogue is worth a question any more. */
  forget: (dialog: string) => void;
}

const UnsavedContext = createContext<Unsaved | null>(null);
/** Whether the question is open: then Escape answers it, and closes nothing below it. */
const AskingContext = createContext(false);

interface Question {
  loss: Loss;
  go: () => void;
  stay: () => void;
}

/**
 * Every dialogue listens for Escape. The one that is opened or shown again by a key must not hear
 * the same key.
 */
function afterEvent(act: () => void): void {
  setTimeout(act, 0);
}

function createUnsaved(entries: Map<string, Entry>, ask: (question: Question) => void): Unsaved {
  const within = (dialog: string | null) =>
    [...entries].filter(([, entry]) => dialog === null || entry.dialog === dialog);
  const forget = (dialog: string | null) => {
    for (const [id] of within(dialog)) entries.delete(id);
  };
  return {
    report: (id, entry) => {
      if (entry) entries.set(id, entry);
      else entries.delete(id);
    },
    leave: (dialog, go) => {
      const first = within(dialog)[0];
      if (!first) return go();
      const discard = () => {
        forget(dialog);
        go();
      };
      afterEvent(() => ask({ loss: first[1].loss, go: discard, stay: () => undefined }));
    },
    forget,
  };
}

/**
 * Knows everything on screen that is not saved, and asks before any of it is lost: when a dialogue
 * is closed, another page is opened, somebody signs out, or the tab is closed.
 */
export function UnsavedProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [entries] = useState(() => new Map<string, Entry>());
  /** What had the focus when the question came. */
  const before = useRef<Element | null>(null);
  const [question, setQuestion] = useState<Question | null>(null);
  const [unsaved] = useState(() =>
    createUnsaved(entries, (asked) => {
      before.current = document.activeElement;
      setQuestion(asked);
    }),
  );
  const blocker = useBlocker({
    shouldBlockFn: () => {
      before.current = document.activeElement;
      return entries.size > 0;
    },
    enableBeforeUnload: () => entries.size > 0,
    withResolver: true,
  });
  const [first] = entries.values();
  const shown =
    blocker.status === 'blocked'
      ? { loss: first?.loss ?? 'typed', go: blocker.proceed, stay: blocker.reset }
      : question;
  const loss = shown?.loss ?? 'typed';
  const asking = shown !== null;
  useEffect(() => {
    if (!asking) return;
    return () => {
      if (before.current instanceof HTMLElement) before.current.focus({ preventScroll: true });
    };
  }, [asking]);
  const answer = (act: (() => void) | undefined) => {
    setQuestion(null);
    act?.();
  };
  return (
    <UnsavedContext value={unsaved}>
      <AskingContext value={asking}>{children}</AskingContext>
      <ConfirmDialog
        above
        opened={asking}
        title={t(`unsaved.${loss}_title`)}
        body={t(`unsaved.${loss}_body`)}
        confirm={t(`unsaved.${loss}_leave`)}
        dismiss={t(`unsaved.${loss}_stay`)}
        busy={false}
        error={null}
        onConfirm={() => answer(shown?.go)}
        onClose={() => afterEvent(() => answer(shown?.stay))}
      />
    </UnsavedContext>
  );
}

function useUnsaved(): Unsaved {
  const unsaved = useContext(UnsavedContext);
  if (!unsaved) throw new Error('a form was shown outside of what watches over unsaved changes');
  return unsaved;
}

/** Leaves everything on screen, for instance by signing out. */
export function useLeave(): (go: () => void) => void {
  const { leave } = useUnsaved();
  return (go) => leave(null, go);
}

interface Dialog {
  /** Closes it, after a question if something would be lost. */
  leave: () => void;
  /** Closes it because its work is done. */
  finish: () => void;
}

const DialogContext = createContext<(Dialog & { id: string }) | null>(null);

/** The dialogue around; `null` on a page. */
export function useDialog(): Dialog | null {
  return useContext(DialogContext);
}

/** What a dialogue that guards its content hands to its frame and to what is in it. */
export function useGuardedDialog(onClose: () => void) {
  const { leave, forget } = useUnsaved();
  const asking = useContext(AskingContext);
  const id = useId();
  const dialog = {
    id,
    leave: () => leave(id, onClose),
    finish: () => {
      forget(id);
      onClose();
    },
  };
  return { dialog, asking };
}

export const DialogProvider = DialogContext.Provider;

/** Says what of this would be lost now; `null` if nothing would. */
export function useLoss(loss: Loss | null): void {
  const { report } = useUnsaved();
  const dialog = useContext(DialogContext)?.id ?? null;
  const id = useId();
  useEffect(() => {
    report(id, loss && { loss, dialog });
    return () => report(id, null);
  }, [report, id, loss, dialog]);
}
