import { EverdialTheme } from '@everdial/ui';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient } from './api';
import { router } from './router';

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <EverdialTheme>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </EverdialTheme>
  </StrictMode>,
);
