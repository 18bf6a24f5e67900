import { createTheme, MantineProvider, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';
import type { ReactNode } from 'react';

const dial: MantineColorsTuple = [
  '#e8f2fd', '#d0e3f9', '#a6c9f0', '#78ade6', '#5294db', '#3a82d0', '#2b74c3', '#0b5cad', '#084d93', '#053d77',
];

/** Mantine's dark greys with a little blue, to go with our tokens. */
const dark: MantineColorsTuple = [
  '#e4e9ef', '#c5cdd7', '#a3aebb', '#7d8a99', '#3a4552', '#2c3541', '#212934', '#1a2029', '#151a22', '#12171e',
];

const theme = createTheme({
  colors: { dial, dark },
  primaryColor: 'dial',
  primaryShade: { light: 7, dark: 7 },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "Cascadia Mono", "Noto Sans Mono", "DejaVu Sans Mono", monospace',
  defaultRadius: 'sm',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  headings: { fontWeight: '600', sizes: { h1: { fontSize: '1.25rem' }, h2: { fontSize: '1rem' }, h3: { fontSize: '0.875rem' } } },
  respectReducedMotion: true,
  // A dialog's own header is no landmark of the page.
  components: { ModalHeader: { defaultProps: { role: 'presentation' } } },
});

/** Mantine's own greys, reds and placeholders fall below 4.5:1; here, once, they are tied to our tokens. */
const fixContrast: CSSVariablesResolver = () => {
  const tokens = {
    '--mantine-color-body': 'var(--ev-surface)',
    '--mantine-color-text': 'var(--ev-text)',
    '--mantine-color-dimmed': 'var(--ev-muted)',
    '--mantine-color-placeholder': 'var(--ev-muted)',
    '--mantine-color-error': 'var(--ev-bad)',
    '--mantine-color-anchor': 'var(--ev-busy)',
    '--mantine-color-default': 'var(--ev-surface)',
    '--mantine-color-default-border': 'var(--ev-line)',
    '--input-bd': 'var(--ev-line-strong)',
  };
  return { variables: {}, light: tokens, dark: tokens };
};

export function EverdialTheme({ children }: { children: ReactNode }) {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" cssVariablesResolver={fixContrast}>
      {children}
    </MantineProvider>
  );
}
