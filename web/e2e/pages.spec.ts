import { expect, test, type APIRequestContext } from '@playwright/test';
import { expectNoViolation, first } from './everdial';

interface Thing {
  id: number | string;
}
const at = (folder: string, list: string) => async (request: APIRequestContext) => `/${folder}/${(await first<Thing>(request, list)).id}`;

const pages: Record<string, string | ((request: APIRequestContext) => Promise<string>)> = {
  Status: '/status',
  Zones: '/zones',
  Failover: '/failover',
  Alarms: '/alarms',
  Jobs: '/jobs',
  'a job': at('jobs', '/jobs'),
  'an attempt': async (request) => {
    const job = await first<Thing>(request, '/jobs');
    return `/attempts/${(await first<Thing>(request, `/jobs/${job.id}/attempts`)).id}`;
  },
  Campaigns: '/campaigns',
  'a campaign': at('campaigns', '/campaigns'),
  'a new campaign': '/campaigns/new',
  Agents: '/agents',
  Schedules: '/schedules',
  'a schedule': at('schedules', '/schedules'),
  'a new schedule': '/schedules/new',
  Exports: '/exports',
  'Contact lists': '/lists',
  'a contact list': at('lists', '/lists'),
  'an import': at('imports', '/imports'),
  'Do not call': '/dnc',
  Retention: '/retention',
};

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme} colours`, () => {
    test.use({ colorScheme });

    for (const [name, address] of Object.entries(pages)) {
      test(`the page of ${name} has no accessibility violation, no error and no shift`, async ({ page, request }, info) => {
        const errors: string[] = [];
        page.on('pageerror', (error) => errors.push(error.message));
        page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
        await page.addInitScript(() => {
          const shifts = Object.assign(window, { layoutShift: 0, moved: [] as string[] });
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries() as (PerformanceEntry & { value: number; sources: { node: Node | null }[] })[]) {
              shifts.layoutShift += entry.value;
              shifts.moved.push(`${entry.value.toFixed(3)} ${entry.sources.map(({ node }) => node?.textContent?.slice(0, 30)).join(', ')}`);
            }
          }).observe({ type: 'layout-shift', buffered: true });
        });
        await page.goto(typeof address === 'string' ? address : await address(request));
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await expect(page.getByText('Loading…')).toHaveCount(0);
        await expect(page.getByText('Live', { exact: true })).toBeVisible();
        await info.attach(`${name}, ${colorScheme}`, { body: await page.screenshot(), contentType: 'image/png' });
        await expectNoViolation(page);
        expect(errors).toEqual([]);
        const { shift, moved } = await page.evaluate(() => {
          const seen = window as unknown as { layoutShift: number; moved: string[] };
          return { shift: seen.layoutShift, moved: seen.moved };
        });
        expect(shift, `what moved: ${moved.join('; ')}`).toBeLessThan(0.1);
      });
    }

    test('the dialogs have no accessibility violation', async ({ page }) => {
      await page.goto('/lists');
      await page.getByRole('button', { name: 'New contact list' }).first().click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await expectNoViolation(page);
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toBeHidden();
      await page.goto('/status');
      await page.getByRole('button', { name: 'History of Campaign director' }).click();
      await expect(page.getByRole('dialog').getByRole('row').nth(1)).toBeVisible();
      await expectNoViolation(page);
    });

    test('logging in has no accessibility violation', async ({ browser }) => {
      const context = await browser.newContext({ colorScheme, storageState: { cookies: [], origins: [] } });
      const page = await context.newPage();
      await page.goto('/');
      await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
      await expectNoViolation(page);
      await context.close();
    });
  });
}

test('a phone shows every page without scrolling sideways', async ({ page, request }) => {
  await page.setViewportSize({ width: 390, height: 800 });
  const wide: string[] = [];
  for (const [name, address] of Object.entries(pages)) {
    await page.goto(typeof address === 'string' ? address : await address(request));
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.getByText('Loading…')).toHaveCount(0);
    if (await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)) wide.push(name);
  }
  expect(wide).toEqual([]);
});
