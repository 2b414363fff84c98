import '@mantine/core/styles.layer.css';
import './styles.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createQueryClient } from './api/query-client';
import { endSession, sessionQuery } from './features/session/session';
import { TranslationProvider } from './i18n/use-translation';
import { createConsoleRouter } from './router';
import { announceStyleNonce, styleNonce } from './style-nonce';
import { theme } from './theme';

const colorSchemeManager = localStorageColorSchemeManager({ key: 'latarnik-color-scheme' });
const queryClient = createQueryClient({
  onSignedOut: () => endSession(queryClient),
  onSecondFactorOwed: () => void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey }),
});
const router = createConsoleRouter(queryClient);

announceStyleNonce();

const root = document.getElementById('root');
if (!root) throw new Error('the page has no root element');

createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemeManager}
      getStyleNonce={styleNonce}
    >
      <QueryClientProvider client={queryClient}>
        <TranslationProvider>
          <RouterProvider router={router} />
        </TranslationProvider>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
