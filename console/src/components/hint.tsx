import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import classes from './hint.module.css';
import { useExactTime } from './relative-time';

type Exact = (at: string, deviceZone: string) => string;

function textOf(element: HTMLElement, exact: Exact): string | undefined {
  if (element instanceof HTMLTimeElement && element.dataset.exact !== undefined) {
    return exact(element.dateTime, element.dataset.exact);
  }
  const { hint, cut } = element.dataset;
  if (hint !== undefined || cut === undefined) return hint;
  return isCut(element) ? (element.textContent ?? undefined) : undefined;
}

function isCut(element: HTMLElement): boolean {
  return element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight;
}

interface Shown {
  text: string;
  anchor: DOMRect;
}

const delay = 250;

function hinted(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element
    ? target.closest<HTMLElement>('[data-hint], [data-exact], [data-cut]')
    : null;
}

/**
 * One layer shows the hint of whatever carries `data-hint`, and the whole text of what carries
 * `data-cut` where it is cut off. A tooltip component in every cell would
 * make long tables slow. Controls say the same through `aria-description`.
 */
export function HintLayer() {
  const [shown, setShown] = useState<Shown | null>(null);
  const layer = useRef<HTMLDivElement>(null);
  const exact = useExactTime();
  const latestExact = useRef<Exact>(exact);

  useEffect(() => {
    latestExact.current = exact;
  });

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hide = () => {
      clearTimeout(timer);
      setShown(null);
    };
    const show = (element: HTMLElement, wait: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const text = textOf(element, latestExact.current);
        if (text && element.isConnected)
          setShown({ text, anchor: element.getBoundingClientRect() });
      }, wait);
    };
    const onPointerOver = (event: PointerEvent) => {
      const element = hinted(event.target);
      if (element) show(element, delay);
      else hide();
    };
    const onFocusIn = (event: FocusEvent) => {
      const element = hinted(event.target);
      if (element?.matches(':focus-visible')) show(element, 0);
    };
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'Escape') hide();
    };
    document.addEventListener('pointerover', onPointerOver);
    document.addEventListener('pointerdown', hide);
    document.addEventListener('focusin', onFocusIn);
    document.addEventListener('focusout', hide);
    document.addEventListener('keydown', onKeyDown);
    document.addEventListener('scroll', hide, true);
    return () => {
      hide();
      document.removeEventListener('pointerover', onPointerOver);
      document.removeEventListener('pointerdown', hide);
      document.removeEventListener('focusin', onFocusIn);
      document.removeEventListener('focusout', hide);
      document.removeEventListener('keydown', onKeyDown);
      document.removeEventListener('scroll', hide, true);
    };
  }, []);

  useLayoutEffect(() => {
    const element = layer.current;
    if (!element || !shown) return;
    const { width, height } = element.getBoundingClientRect();
    const { anchor } = shown;
    const below = anchor.bottom + 6;
    const top = below + height > window.innerHeight - 8 ? anchor.top - height - 6 : below;
    const centred = anchor.left + anchor.width / 2 - width / 2;
    const left = Math.max(8, Math.min(centred, window.innerWidth - width - 8));
    element.style.top = `${top}px`;
    element.style.left = `${left}px`;
  }, [shown]);

  if (!shown) return null;
  return (
    <div ref={layer} className={classes.layer} role="tooltip">
      {shown.text}
    </div>
  );
}
