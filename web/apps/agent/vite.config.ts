import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

const target = process.env['EVERDIAL_URL'] ?? 'http://127.0.0.1:8080';

// In development Everdial answers behind the same origin, as it does in production. The SDK is taken from its sources.
export default defineConfig({
  base: './',
  publicDir: '../console/public',
  plugins: [react()],
  resolve: { conditions: ['@everdial/source', ...defaultClientConditions] },
  build: { target: 'es2022', chunkSizeWarningLimit: 900 },
  server: { proxy: { '/api': { target, secure: false } } },
});
