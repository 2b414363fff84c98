import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { mockApi } from './mock/vite-plugin.ts';

const withMockApi = process.env.LATARNIK_MOCK_API === '1';

export default defineConfig({
  plugins: [react(), ...(withMockApi ? [mockApi()] : [])],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  // The server puts a new nonce in this place for every page; styles that carry it are let in.
  html: { cspNonce: 'LATARNIK_CSP_NONCE' },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // The first versions with the CSS function light-dark().
    target: ['chrome123', 'firefox121', 'safari17.5'],
    // The content security policy allows no data: addresses.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/ },
            { name: 'mantine', test: /node_modules[\\/](@mantine|@floating-ui)[\\/]/ },
            { name: 'tanstack', test: /node_modules[\\/]@tanstack[\\/]/ },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    proxy: withMockApi ? undefined : { '/api': { target: 'http://127.0.0.1:8080' } },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/test-setup.ts'],
    css: false,
  },
});
