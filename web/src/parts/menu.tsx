// Choices behind a button: closed by Escape and by a click elsewhere.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export function Menu({ label, class: extra, children }: { label: ComponentChildren; class?: string; children: ComponentChildren }) {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const elsewhere = (event: Event): void => {
      if (menu.current?.open && !menu.current.contains(event.target as Node)) menu.current.open = false;
    };
    document.addEventListener('pointerdown', elsewhere);
    document.addEventListener('focusin', elsewhere);
    return () => {
      document.removeEventListener('pointerdown', elsewhere);
      document.removeEventListener('focusin', elsewhere);
    };
  }, []);
  const keys = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !menu.current?.open) return;
    menu.current.open = false;
    menu.current.querySelector('summary')?.focus();
  };
  /** What would stand over the edge of the window is moved back into it. */
  const place = (): void => {
    const list = menu.current?.lastElementChild as HTMLElement | null;
    if (!menu.current?.open || !list) return;
    list.style.left = '0';
    const over = list.getBoundingClientRect().right - (document.documentElement.clientWidth - 12);
    if (over > 0) list.style.left = `${-over}px`;
  };
  return (
    <details class={`menu ${extra ?? ''}`} ref={menu} onKeyDown={keys} onToggle={place}>
      <summary>{label}</summary>
      <div>{children}</div>
    </details>
  );
}
