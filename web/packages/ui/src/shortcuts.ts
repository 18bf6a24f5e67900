import { useEffect, useSyncExternalStore } from 'react';

export interface Shortcut {
  /** Keys pressed one after the other, separated by blanks: "g s", "?". */
  keys: string;
  does: string;
  run: () => void;
}

/** Finds the shortcut that a sequence of keys means. A sequence is forgotten when the next key comes late. */
export class ShortcutMatcher {
  private pressed: string[] = [];
  private lastAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly shortcuts: readonly Shortcut[],
    private readonly patienceMs = 1000,
  ) {}

  press(key: string, at: number): Shortcut | undefined {
    if (at - this.lastAt > this.patienceMs) this.pressed = [];
    this.lastAt = at;
    this.pressed.push(key);
    // A key that goes on with nothing may still begin something: "g g s" is "g s".
    for (; this.pressed.length > 0; this.pressed.shift()) {
      const typed = this.pressed.join(' ');
      const found = this.shortcuts.find((shortcut) => shortcut.keys === typed);
      if (found) {
        this.pressed = [];
        return found;
      }
      if (this.shortcuts.some((shortcut) => shortcut.keys.startsWith(`${typed} `))) return undefined;
    }
    return undefined;
  }
}

const storageKey = 'everdial.shortcuts';
const listeners = new Set<() => void>();

/** Single keys get in the way of speech input: everyone can switch them off, once for this browser (WCAG 2.1.4). */
export function useShortcutsEnabled(): [boolean, (enabled: boolean) => void] {
  const enabled = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => localStorage.getItem(storageKey) !== 'off',
  );
  const set = (on: boolean) => {
    localStorage.setItem(storageKey, on ? 'on' : 'off');
    listeners.forEach((listener) => listener());
  };
  return [enabled, set];
}

const typesText = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** Runs shortcuts while nobody types text and no dialog is open. */
export function useShortcuts(shortcuts: readonly Shortcut[], enabled: boolean): void {
  useEffect(() => {
    if (!enabled) return;
    const matcher = new ShortcutMatcher(shortcuts);
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typesText(event.target)) return;
      if (document.querySelector('[role="dialog"]')) return;
      const found = matcher.press(event.key, event.timeStamp);
      if (!found) return;
      event.preventDefault();
      found.run();
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [shortcuts, enabled]);
}
