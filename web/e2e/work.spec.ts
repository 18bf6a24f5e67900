import { expect, test } from '@playwright/test';
import { contactsCsv, first, logIn, password, post } from './everdial';

interface Named {
  id: number;
  name: string;
}

test('a wrong password is refused in words, and nothing is lost', async ({ browser }) => {
  const context = await browser.newContext({ storageState: { cookies: [], origins: [] } });
  const page = await context.newPage();
  await logIn(page, 'nobody-of-this-name', `not-${password}`);
  await expect(page.getByRole('alert')).toBeVisible();
  await expect(page.getByLabel('Name')).toHaveValue('nobody-of-this-name');
  await context.close();
});

test('whoever is not logged in comes back to the page asked for', async ({ browser }) => {
  const context = await browser.newContext({ storageState: { cookies: [], origins: [] } });
  const page = await context.newPage();
  await page.goto('/campaigns');
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByLabel('Name').fill(process.env['EVERDIAL_USER']!);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Campaigns' })).toBeVisible();
  await page.getByRole('button', { name: process.env['EVERDIAL_USER']! }).click();
  await page.getByRole('menuitem', { name: 'Log out' }).click();
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
  await page.goto('/campaigns');
  await expect(page.getByRole('button', { name: 'Log in' })).toBeVisible();
  await context.close();
});

test('a field that the server refuses says so at the field', async ({ page, request }) => {
  const list = await first<Named>(request, '/lists');
  await page.goto(`/campaigns/new?list=${list.id}`);
  await page.getByLabel('Name').fill('With a bad prompt');
  await page.getByLabel('Prompt', { exact: true }).fill('folder/greeting.wav');
  await page.getByRole('button', { name: 'Make the campaign' }).click();
  await expect(page.getByLabel('Prompt', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByRole('alert').first()).toContainText('/strategy/prompt');
  await page.getByLabel('Call from').fill('25:00');
  await page.getByRole('button', { name: 'Make the campaign' }).click();
  await expect(page.getByLabel('Call from')).toBeFocused();
});

test('a file is dropped on a list', async ({ page, request }) => {
  const list = await post<Named>(request, '/lists', { name: `Dropped ${Date.now()}` });
  await page.goto(`/lists/${list.id}`);
  const area = page.getByText('or drop it here');
  await expect(area).toBeVisible();
  const data = await page.evaluateHandle((csv) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([csv], 'dropped.csv', { type: 'text/csv' }));
    return transfer;
  }, contactsCsv());
  await area.dispatchEvent('drop', { dataTransfer: data });
  await expect(page.getByRole('heading', { level: 1, name: 'Import of dropped.csv' })).toBeVisible();
  await expect(page.getByText('completed', { exact: true })).toBeVisible({ timeout: 30_000 });
});

test('a job is paused, resumed and stopped, each after a question', async ({ page, request }) => {
  const list = await first<Named>(request, '/lists');
  const name = `Slow ${Date.now()}`;
  const strategy = { calling_from_minute: 0, calling_until_minute: 0, ring_timeout_s: 3 };
  const campaign = await post<Named>(request, '/campaigns', { name, list_id: list.id, calls_per_second: 1, strategy });
  const job = await post<Named>(request, `/campaigns/${campaign.id}/jobs`);
  await page.goto(`/jobs/${job.id}`);
  const state = (word: string) => expect(page.getByText(word, { exact: true }).first()).toBeVisible({ timeout: 20_000 });
  await state('running');

  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Not now' }).click();
  await state('running');
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
  await state('paused');
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
  await state('running');
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
  await state('stopped');
  await expect(page.getByRole('button', { name: 'Pause' })).toHaveCount(0);
});

test('a lost connection is told with the age of the data, and mends itself', async ({ page }) => {
  await page.route('**/api/v1/live', (route) => route.abort('connectionreset'));
  await page.goto('/status');
  await expect(page.getByText('Reconnecting')).toBeVisible();
  await expect(page.getByText(/data is \d+ s old/)).toBeVisible();
  await expect(page.getByText('MASTER').first()).toBeVisible();
  await page.unroute('**/api/v1/live');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
});

test('a viewer sees everything and is offered no change', async ({ browser, request }) => {
  const name = `viewer${Date.now()}`;
  await post(request, '/accounts', { name, password: 'only-looking-around', role: 'viewer' });
  const context = await browser.newContext({ storageState: { cookies: [], origins: [] } });
  const page = await context.newPage();
  await logIn(page, name, 'only-looking-around');
  await page.getByRole('link', { name: 'Campaigns' }).click();
  await page.getByRole('table', { name: 'Campaigns' }).getByRole('link').first().click();
  await expect(page.getByLabel('Name')).toBeDisabled();
  await expect(page.getByRole('button', { name: /Start|Save|Remove/ })).toHaveCount(0);
  await context.close();
});

test('numbers are added to the do-not-call list, found and removed', async ({ page }) => {
  const phone = `+1212555${String(Date.now()).slice(-4)}`;
  await page.goto('/dnc');
  await page.getByLabel('Numbers', { exact: true }).fill(phone);
  await page.getByRole('button', { name: 'Add' }).click();
  await expect(page.getByText('1 added, 0 were there already.')).toBeVisible();
  await page.getByLabel('Only numbers that begin with').fill(phone);
  await expect(page.getByRole('table').getByText(phone)).toBeVisible();
  await page.getByRole('button', { name: `Remove ${phone}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByText('No such number')).toBeVisible();
});

test('an address that leads nowhere says so', async ({ page }) => {
  await page.goto('/jobs/999999999');
  await expect(page.getByRole('alert')).toBeVisible();
  await page.goto('/nothing/here');
  await expect(page.getByText('There is no such page')).toBeVisible();
});
