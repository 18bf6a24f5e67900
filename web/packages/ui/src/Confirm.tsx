import { Button, Group, Modal, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { ErrorPanel } from './ErrorPanel';

export interface ConfirmProps {
  title: string;
  /** What will happen, and whether it can be undone. */
  children: ReactNode;
  /** The verb on the button. */
  action: string;
  danger?: boolean;
  /** What must be chosen first is not. */
  disabled?: boolean;
  /** There is a table in it. */
  wide?: boolean;
  opened: boolean;
  busy: boolean;
  error: unknown;
  onConfirm: () => void;
  onClose: () => void;
}

export function Confirm({ title, children, action, danger, disabled, wide, opened, busy, error, onConfirm, onClose }: ConfirmProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} size={wide ? 'xl' : 'md'} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Text size="sm" component="div">
        {children}
      </Text>
      {error ? <ErrorPanel error={error} /> : null}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose} data-autofocus>
          Not now
        </Button>
        <Button onClick={onConfirm} loading={busy} disabled={disabled} color={danger ? 'red.9' : undefined}>
          {action}
        </Button>
      </Group>
    </Modal>
  );
}
