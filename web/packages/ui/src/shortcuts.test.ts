import { describe, expect, test } from 'vitest';
import { ShortcutMatcher, type Shortcut } from './shortcuts';

const shortcut = (keys: string): Shortcut => ({ keys, does: keys, run: () => undefined });
const matcher = () => new ShortcutMatcher([shortcut('?'), shortcut('g s'), shortcut('g j')]);

describe('ShortcutMatcher', () => {
  test('finds a single key', () => expect(matcher().press('?', 0)?.keys).toBe('?'));

  test('finds a sequence', () => {
    const m = matcher();
    expect(m.press('g', 0)).toBeUndefined();
    expect(m.press('j', 500)?.keys).toBe('g j');
    expect(m.press('j', 600)).toBeUndefined();
  });

  test('forgets a sequence that takes too long', () => {
    const m = matcher();
    m.press('g', 0);
    expect(m.press('s', 1500)).toBeUndefined();
  });

  test('begins anew after a wrong key', () => {
    const m = matcher();
    m.press('g', 0);
    expect(m.press('?', 10)?.keys).toBe('?');
    m.press('g', 20);
    m.press('g', 30);
    expect(m.press('s', 40)?.keys).toBe('g s');
  });
});
