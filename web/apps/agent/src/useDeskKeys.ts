import type { Shortcut } from '@everdial/ui';
import { useMemo, useState } from 'react';

export type OfferKeys = (part: string, shortcuts: readonly Shortcut[]) => void;

/** Single keys that the parts of a desktop offer, each as long as it makes sense. */
export function useDeskKeys(): [readonly Shortcut[], OfferKeys] {
  const [offered, setOffered] = useState<Record<string, readonly Shortcut[]>>({});
  const all = useMemo(() => Object.values(offered).flat(), [offered]);
  const offer = useMemo(
    () => (part: string, those: readonly Shortcut[]) => setOffered((before) => ({ ...before, [part]: those })),
    [],
  );
  return [all, offer];
}
