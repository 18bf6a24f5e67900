import { Kbd, Modal, Switch } from '@mantine/core';
import type { Shortcut } from './shortcuts';

export interface KeyboardHelpProps {
  shortcuts: readonly Shortcut[];
  opened: boolean;
  onClose: () => void;
  enabled: boolean;
  onEnable: (enabled: boolean) => void;
}

export function KeyboardHelp({ shortcuts, opened, onClose, enabled, onEnable }: KeyboardHelpProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard" closeButtonProps={{ 'aria-label': 'Close' }}>
      <table style={{ width: '100%', fontSize: '0.875rem' }}>
        <thead>
          <tr>
            <th scope="col" style={{ textAlign: 'left' }}>
              Keys
            </th>
            <th scope="col" style={{ textAlign: 'left' }}>
              What they do
            </th>
          </tr>
        </thead>
        <tbody>
          {shortcuts.map(({ keys, does }) => (
            <tr key={keys}>
              <td style={{ padding: '0.25rem 0' }}>
                {keys.split(' ').map((key, i) => (
                  <span key={key}>
                    {i > 0 && ' then '}
                    <Kbd>{key}</Kbd>
                  </span>
                ))}
              </td>
              <td>{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Switch mt="md" label="Shortcuts are on" checked={enabled} onChange={(event) => onEnable(event.currentTarget.checked)} />
    </Modal>
  );
}
