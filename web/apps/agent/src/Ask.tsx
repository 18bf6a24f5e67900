import { Button, Modal, TextInput } from '@mantine/core';
import { useState } from 'react';

interface AskProps {
  title: string;
  label: string;
  pattern: RegExp;
  /** What fits the pattern, in words. */
  allowed: string;
  /** The button's word. */
  does: string;
  /** Makes of what is typed what is meant. */
  read?: (text: string) => string;
  opened: boolean;
  onClose: () => void;
  onGiven: (text: string) => void;
}

/** A dialog with one field. */
export function Ask({ title, label, pattern, allowed, does, read = (text) => text, opened, onClose, onGiven }: AskProps) {
  const [text, setText] = useState('');
  const right = pattern.test(text);
  const close = () => {
    setText('');
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          event.stopPropagation();
          if (!right) return;
          onGiven(text);
          close();
        }}
      >
        <TextInput
          label={label}
          data-autofocus
          value={text}
          onChange={(event) => setText(read(event.currentTarget.value))}
          error={text !== '' && !right && allowed}
        />
        <Button type="submit" mt="sm" disabled={!right}>
          {does}
        </Button>
      </form>
    </Modal>
  );
}
