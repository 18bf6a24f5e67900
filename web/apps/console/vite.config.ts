import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// In development the API of a running Everdial answers behind the same origin, as it does in production.
export default defineConfig({
  plugins: [react()],
  build: { target: 'es2022', chunkSizeWarningLimit: 900 },
  server: { proxy: { '/api': { target: process.env['EVERDIAL_URL'] ?? 'http://127.0.0.1:8080', secure: false } } },
});
