import { expect, test } from '@playwright/test';
import { rename, writeFile } from 'node:fs/promises';
import { campaignName, contactsCsv, first, goodRows, importFolder, listName } from './everdial';

interface Named {
  id: number;
  name: string;
}

test('C_07 a schedule shows when it will be due while it is written, and is kept', async ({ page }) => {
  const name = `Mornings ${Date.now()}`;
  await page.goto('/schedules/new');
  await page.getByLabel('Name').fill(name);
  await page.getByRole('combobox', { name: 'Campaign' }).click();
  await page.getByRole('option', { name: campaignName, exact: true }).click();
  const times = page.getByRole('list', { name: 'Next times' });
  await expect(times.getByRole('listitem')).toHaveCount(5);
  await page.getByLabel('Times of day').fill('25:00');
  await expect(page.getByText('These times cannot be read yet.')).toBeVisible();
  await page.getByRole('button', { name: 'Make the schedule' }).click();
  await expect(page.getByLabel('Times of day')).toHaveAttribute('aria-invalid', 'true');
  await page.getByLabel('Times of day').fill('07:45');
  await expect(times.getByRole('listitem').first()).toContainText('07:45');
  await page.getByRole('button', { name: 'Make the schedule' }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  await expect(page.getByText('Not due yet')).toBeVisible();
  await page.getByRole('link', { name: 'Schedules' }).click();
  await expect(page.getByRole('table', { name: 'Schedules' }).getByRole('row', { name: new RegExp(name) })).toContainText('Start a job');
});

test('C_17 a file of the import folder is imported by its name, and by a schedule', async ({ page, request }) => {
  await writeFile(`${importFolder}/.people.csv`, contactsCsv());
  await rename(`${importFolder}/.people.csv`, `${importFolder}/people.csv`);
  const lists = (await (await request.get('/api/v1/lists')).json()) as { items: Named[] };
  await page.goto(`/lists/${lists.items.find((list) => list.name === listName)!.id}`);
  const file = page.getByLabel("Or a file in the servers' import folder");
  await file.fill('../people.csv');
  await page.getByRole('button', { name: 'Import it' }).click();
  await expect(file).toHaveAttribute('aria-invalid', 'true');
  await file.fill('people.csv');
  await page.getByRole('button', { name: 'Import it' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Import of people.csv' })).toBeVisible();
  await expect(page.getByText('completed', { exact: true })).toBeVisible({ timeout: 20_000 });
  await expect(page.locator('dl > div', { has: page.getByText('Duplicates', { exact: true }) }).locator('dd')).toHaveText(String(goodRows + 1));
  await expect(page.getByRole('progressbar', { name: 'Collected from the import folder' })).toHaveAttribute('aria-valuenow', /^[1-9]/);

  const name = `Nightly ${Date.now()}`;
  await page.goto('/schedules/new');
  await page.getByLabel('Name').fill(name);
  await page.getByRole('combobox', { name: 'Does' }).click();
  await page.getByRole('option', { name: 'Import a file of the import folder' }).click();
  await page.getByRole('combobox', { name: 'Contact list' }).click();
  await page.getByRole('option', { name: listName, exact: true }).click();
  await page.getByRole('textbox', { name: 'File' }).fill('people.csv');
  await page.getByRole('button', { name: 'Make the schedule' }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  await page.getByRole('link', { name: 'Schedules' }).click();
  await expect(page.getByRole('table', { name: 'Schedules' }).getByRole('row', { name: new RegExp(name) })).toContainText(`people.csv into ${listName}`);
});

test('C_08 a list is exported, and its file has every contact', async ({ page, request }) => {
  const lists = (await (await request.get('/api/v1/lists')).json()) as { items: Named[] };
  await page.goto(`/lists/${lists.items.find((list) => list.name === listName)!.id}`);
  await page.getByRole('button', { name: 'Export the contacts' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Exports' })).toBeVisible();
  const row = page.getByRole('table', { name: 'Exports' }).getByRole('row').nth(1);
  await expect(row.getByText('completed')).toBeVisible({ timeout: 20_000 });
  const downloaded = page.waitForEvent('download');
  await row.getByRole('link', { name: /^Download/ }).click();
  const stream = await (await downloaded).createReadStream();
  let text = '';
  for await (const piece of stream) text += piece;
  expect(text.trim().split('\r\n')).toHaveLength(goodRows + 1);
  expect(text.split('\r\n')[0]).toBe('"phone","ref","time_zone","name"');
});

test('C_10 a job shows its summary, and its campaign the trend', async ({ page, request }) => {
  const job = await first<{ id: number; campaign_id: number }>(request, '/jobs?state=completed');
  await page.goto(`/jobs/${job.id}`);
  await expect(page.getByText('Answered by a person')).toBeVisible();
  await expect(page.getByText('complete', { exact: true })).toBeVisible({ timeout: 20_000 });
  await expect(page.getByRole('table', { name: 'Attempts by hour' })).toBeVisible();
  await page.goto(`/campaigns/${job.campaign_id}`);
  await expect(page.getByRole('table', { name: /Attempts by day/ }).getByRole('row').nth(1)).toBeVisible();
});

test('C_11 a campaign keeps when it ends', async ({ page, request }) => {
  const list = await first<Named>(request, '/lists');
  await page.goto(`/campaigns/new?list=${list.id}`);
  await page.getByLabel('Name').fill(`Until five ${Date.now()}`);
  await page.getByLabel('Longest run').fill('2 h');
  await page.getByLabel('Ends at').fill('17:00');
  await page.getByLabel('By the clock of').fill('Mars/Olympus');
  await page.getByLabel('Goal', { exact: true }).fill('50');
  await page.getByRole('button', { name: 'Make the campaign' }).click();
  await expect(page.getByLabel('By the clock of')).toHaveAttribute('aria-invalid', 'true');
  await page.getByLabel('By the clock of').fill('Europe/Berlin');
  await page.getByRole('button', { name: 'Make the campaign' }).click();
  await expect(page.getByRole('heading', { level: 1, name: /^Until five/ })).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('Ends at')).toHaveValue('17:00');
  await expect(page.getByLabel('Goal', { exact: true })).toHaveValue('50');
});

test('C_09 retention is set, and a purge tells what it removed', async ({ page }) => {
  await page.goto('/retention');
  await page.getByLabel('Attempts').fill('3650');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Saved.')).toBeVisible();
  await page.getByRole('button', { name: 'Purge now' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  const row = page.getByRole('table', { name: 'Purges' }).getByRole('row').nth(1);
  await expect(row.getByText('completed')).toBeVisible({ timeout: 20_000 });
});
