import { Kbd, Modal, TextInput, UnstyledButton } from '@mantine/core';
import { useEffect, useState } from 'react';
import classes from './Desk.module.css';

export interface Choice {
  value: string;
  label: string;
  hint?: string;
  disabled?: boolean;
}

interface PickProps {
  title: string;
  opened: boolean;
  onClose: () => void;
  choices: readonly Choice[];
  onPick: (value: string) => void;
  /** With many choices: a field that narrows them, by whoever fetches them. */
  onFilter?: (text: string) => void;
  empty?: string;
}

/** One of a few, by mouse, by Tab and Enter, or by its number; of many, by the beginning of its name and Enter. */
export function Pick({ title, opened, onClose, choices, onPick, onFilter, empty = 'Nothing to choose' }: PickProps) {
  const [filter, setFilter] = useState('');
  useEffect(() => {
    if (!opened || onFilter) return;
    const pressed = (event: KeyboardEvent) => {
      const chosen = choices[Number(event.key) - 1];
      if (!chosen || chosen.disabled || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      onPick(chosen.value);
    };
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, [opened, choices, onPick, onFilter]);

  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
      {onFilter && (
        <TextInput
          label="Name begins with"
          data-autofocus
          value={filter}
          onChange={(event) => {
            setFilter(event.currentTarget.value);
            onFilter(event.currentTarget.value);
          }}
          onKeyDown={(event) => {
            const first = choices.find(({ disabled }) => !disabled);
            if (event.key === 'Enter' && first) onPick(first.value);
          }}
        />
      )}
      <ul className={classes.choices}>
        {choices.map(({ value, label, hint, disabled }, i) => (
          <li key={value}>
            <UnstyledButton className={classes.choice} disabled={disabled} onClick={() => onPick(value)}>
              {!onFilter && i < 9 && <Kbd aria-hidden>{i + 1}</Kbd>}
              {label}
              {hint && <span className={classes.muted}>{hint}</span>}
            </UnstyledButton>
          </li>
        ))}
      </ul>
      {choices.length === 0 && <p className={classes.muted}>{empty}</p>}
    </Modal>
  );
}
