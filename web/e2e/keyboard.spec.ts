import { expect, test } from '@playwright/test';
import { campaignName } from './everdial';

test('everything is reached by keyboard: skip link, places, help, a job and its attempts', async ({ page }) => {
  await page.goto('/status');
  await expect(page.getByRole('heading', { level: 1, name: 'Status' })).toBeFocused();

  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keyboard' });
  await expect(help).toBeVisible();
  await expect(help.getByRole('row', { name: /Go to Jobs/ })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(help).toBeHidden();

  for (const [keys, title] of [['gl', 'Contact lists'], ['gc', 'Campaigns'], ['ga', 'Agents'], ['gd', 'Do not call'], ['gs', 'Status'], ['gz', 'Zones'], ['gf', 'Failover'], ['gj', 'Jobs']] as const) {
    for (const key of keys) await page.keyboard.press(key);
    await expect(page.getByRole('heading', { level: 1, name: title })).toBeFocused();
  }

  const job = page.getByRole('table', { name: 'Jobs' }).getByRole('link', { name: /^Job / }).first();
  await expect(job).toBeVisible();
  for (let i = 0; i < 5 && !(await job.evaluate((link) => link === document.activeElement)); i++) await page.keyboard.press('Tab');
  await expect(job).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: new RegExp(`of ${campaignName}`) })).toBeFocused();

  await page.keyboard.press('/');
  await expect(page.getByLabel('Only attempts in this state')).toBeFocused();

  // The skip link is the first stop of the page: backwards from the heading, before the brand and the places.
  await page.goto('/status');
  await expect(page.getByRole('heading', { level: 1, name: 'Status' })).toBeFocused();
  const skip = page.getByRole('link', { name: 'Skip to content' });
  for (let i = 0; i < 40 && !(await skip.evaluate((link) => link === document.activeElement)); i++) await page.keyboard.press('Shift+Tab');
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
});

test('shortcuts can be switched off, and stay off', async ({ page }) => {
  await page.goto('/status');
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await page.getByRole('switch', { name: 'Shortcuts are on' }).press('Space');
  await page.keyboard.press('Escape');
  await page.reload();
  await expect(page.getByRole('heading', { level: 1, name: 'Status' })).toBeVisible();
  await page.keyboard.press('?');
  await page.keyboard.press('g');
  await page.keyboard.press('j');
  await expect(page.getByRole('heading', { level: 1, name: 'Status' })).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('keys typed into a field are text', async ({ page }) => {
  await page.goto('/dnc');
  const filter = page.getByLabel('Only numbers that begin with');
  await filter.press('g');
  await filter.press('j');
  await expect(filter).toHaveValue('gj');
  await expect(page.getByRole('heading', { level: 1, name: 'Do not call' })).toBeVisible();
});
