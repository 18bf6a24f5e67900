import { browserMemory, fetchTicket } from '@everdial/agent-sdk';
import { EverdialTheme } from '@everdial/ui';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';

const origin = window.location.origin;

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <EverdialTheme>
      <App
        ticketFor={(account) => fetchTicket([origin], account)}
        options={{ memory: browserMemory() }}
      />
    </EverdialTheme>
  </StrictMode>,
);
