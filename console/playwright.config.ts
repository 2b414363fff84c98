import { defineConfig } from '@playwright/test';

const continuous = process.env.CI !== undefined;

/** Runs against a real server with devices in it; `e2e/scene.ts` says what it reads from outside. */
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  fullyParallel: false,
  workers: 1,
  forbidOnly: continuous,
  retries: 0,
  timeout: 180_000,
  expect: { timeout: 45_000 },
  reporter: [['list']],
  use: {
    baseURL: process.env.LATARNIK_URL ?? 'http://127.0.0.1:8080',
    browserName: 'chromium',
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/Warsaw',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.LATARNIK_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [
    { name: 'console', testMatch: '*.spec.ts', testIgnore: 'secured/**' },
    // A server as customers run it, whose certificate no browser knows.
    { name: 'secured', testMatch: 'secured/*.spec.ts', use: { ignoreHTTPSErrors: true } },
    { name: 'screenshots', testMatch: 'screenshots.ts' },
  ],
});
