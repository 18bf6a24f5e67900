import { defineConfig } from '@playwright/test';
import { baseURL, sessionFile } from './everdial';

export default defineConfig({
  testDir: '.',
  // One Everdial, one order: what the first tests make is what the others look at.
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 10_000 },
  reporter: 'list',
  use: {
    baseURL,
    ignoreHTTPSErrors: true,
    viewport: { width: 1440, height: 900 },
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'way', testMatch: '**/way.setup.ts' },
    { name: 'console', testMatch: '**/*.spec.ts', testIgnore: ['**/agent.spec.ts', '**/desk.spec.ts'], dependencies: ['way'], use: { storageState: sessionFile } },
    { name: 'agent', testMatch: '**/agent.spec.ts' },
    // Last: what it makes is in nobody's way.
    { name: 'desk', testMatch: '**/desk.spec.ts', dependencies: ['way'] },
  ],
});
