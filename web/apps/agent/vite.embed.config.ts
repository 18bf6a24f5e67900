import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';

// The desktop's parts as one module and one style sheet, for pages that do not bundle, beside an example of such a page.
export default defineConfig({
  publicDir: 'example',
  plugins: [react()],
  resolve: { conditions: ['@everdial/source', ...defaultClientConditions] },
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    target: 'es2022',
    emptyOutDir: false,
    chunkSizeWarningLimit: 900,
    lib: { entry: 'src/embed.tsx', formats: ['es'], fileName: () => 'everdial-widgets.js', cssFileName: 'everdial-widgets' },
  },
});
