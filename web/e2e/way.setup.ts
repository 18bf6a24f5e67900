import { expect, test } from '@playwright/test';
import { campaignName, contactsCsv, first, goodRows, listName, logIn, post, rejectedRows, sessionFile } from './everdial';

// The way of an operator from a file to finished calls, with nothing but the console.
test('S_03 an operator imports a list, starts a campaign, watches it to its end and follows one attempt', async ({ page }) => {
  test.setTimeout(180_000);
  await logIn(page);
  await expect(page.getByRole('heading', { level: 1, name: 'Status' })).toBeVisible();
  await expect(page.getByText('MASTER').first()).toBeVisible();
  await page.context().storageState({ path: sessionFile });

  await page.getByRole('link', { name: 'Contact lists' }).click();
  await page.getByRole('button', { name: 'New contact list' }).first().click();
  const form = page.getByRole('dialog');
  await form.getByLabel('Name').fill(listName);
  await form.getByRole('button', { name: 'Make the list' }).click();
  await expect(page.getByRole('heading', { level: 1, name: listName })).toBeVisible();

  const chosen = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Choose a CSV file' }).click();
  await (await chosen).setFiles({ name: 'contacts.csv', mimeType: 'text/csv', buffer: Buffer.from(contactsCsv()) });
  await expect(page.getByRole('heading', { level: 1, name: 'Import of contacts.csv' })).toBeVisible();
  await expect(page.getByText('completed', { exact: true })).toBeVisible({ timeout: 30_000 });
  const fact = (name: string) => page.locator('dl > div', { has: page.getByText(name, { exact: true }) }).locator('dd');
  await expect(fact('Accepted')).toHaveText(String(goodRows));
  await expect(fact('Duplicates')).toHaveText('1');
  await expect(fact('Rejected')).toHaveText(String(rejectedRows));
  const rejects = page.getByRole('table', { name: 'Rejected rows' });
  await expect(rejects.getByRole('row')).toHaveCount(rejectedRows + 1);
  await expect(rejects).toContainText('12345');
  const downloaded = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Rejected rows as CSV' }).click();
  expect(await (await downloaded).failure()).toBeNull();

  await page.getByRole('link', { name: /^Contact list \d+$/ }).click();
  await page.getByRole('button', { name: 'New campaign with this list' }).click();
  await page.getByLabel('Name').fill(campaignName);
  await page.getByLabel('Call from').fill('00:00');
  await page.getByLabel('Call until').fill('00:00');
  await page.getByLabel('Calls a second').fill('20');
  await page.getByLabel('Ring for').fill('3');
  await page.getByLabel('Prompt', { exact: true }).fill('demo.wav');
  await page.getByLabel('Tries after Call busy').fill('0');
  await page.getByLabel('Tries after Ring no answer').fill('0');
  await page.getByRole('button', { name: 'Make the campaign' }).click();
  await expect(page.getByRole('heading', { level: 1, name: campaignName })).toBeVisible();

  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start dialing' }).click();
  await expect(page.getByRole('heading', { level: 1, name: /^Job \d+ of / })).toBeVisible();
  await expect(page.getByRole('progressbar', { name: 'Contacts done' })).toBeVisible();
  await expect(page.getByText('completed', { exact: true })).toBeVisible({ timeout: 90_000 });
  await expect(page.getByRole('progressbar', { name: 'Contacts done' })).toHaveAttribute('aria-valuenow', String(goodRows));
  const results = page.getByRole('table', { name: 'Attempts by result' });
  for (const result of ['Answer human', 'Call busy', 'Ring no answer', 'Invalid number']) await expect(results).toContainText(result);

  await page.getByLabel('Only attempts with this result').selectOption('answer_human');
  await expect(page).toHaveURL(/code=answer_human/);
  const attempts = page.getByRole('table', { name: 'Attempts', exact: true });
  await expect(attempts.getByText('Answer human').first()).toBeVisible();
  await expect(attempts.getByText('Call busy')).toHaveCount(0);
  await attempts.getByRole('link').first().click();
  await expect(page.getByRole('heading', { level: 1, name: /^Attempt \d+-\d+-1$/ })).toBeVisible();
  const timeline = page.getByRole('listitem');
  const steps = ['Intent written', 'Call placed', 'Ringing', 'Answered', 'Ended', 'Result committed'];
  for (const step of steps) await expect(timeline.filter({ hasText: step })).toBeVisible();

  const campaign = await first<{ id: number }>(page.request, '/campaigns');
  const timetable = { minutes: [480], weekdays: [1, 2, 3, 4, 5], time_zone: 'Europe/Berlin', from: '2099-01-01' };
  await post(page.request, '/schedules', { name: 'In good time', kind: 'start_job', campaign_id: campaign.id, timetable });
});
