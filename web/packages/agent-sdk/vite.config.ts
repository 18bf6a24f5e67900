import { defineConfig } from 'vite';

// One script file for pages without modules; the rest of dist is made by tsc.
export default defineConfig({
  build: {
    target: 'es2022',
    emptyOutDir: false,
    sourcemap: true,
    lib: { entry: 'src/index.ts', name: 'EverdialAgent', formats: ['iife'], fileName: () => 'everdial-agent.iife.js' },
  },
});
