import { expect, test } from '@playwright/test';
import { expectNoViolation, first, post, put, remove } from './everdial';

interface Thing {
  id: number;
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`an agent is made, found, changed and removed by keyboard, in ${colorScheme} colours`, async ({ page }, info) => {
    await page.emulateMedia({ colorScheme });
    const login = `ann-${colorScheme}-${Date.now()}`;
    await page.goto('/status');
    await expect(page.getByRole('heading', { level: 1, name: 'Status' })).toBeFocused();
    for (const key of 'ga') await page.keyboard.press(key);
    await expect(page.getByRole('heading', { level: 1, name: 'Agents' })).toBeFocused();

    await page.getByRole('button', { name: 'New agent' }).first().focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByLabel('Login')).toBeFocused();
    await page.keyboard.type(login);
    await page.keyboard.press('Tab');
    await page.keyboard.type('Ann Example');
    await dialog.getByRole('textbox', { name: 'Password' }).fill('short');
    await dialog.getByLabel('Skills').fill('Spanish = 7');
    await dialog.getByRole('button', { name: 'Make the agent' }).click();
    await expect(dialog.getByText('At least 10 characters')).toBeVisible();
    await dialog.getByRole('textbox', { name: 'Password' }).fill('correct horse battery');
    await expectNoViolation(page);
    await info.attach(`new agent, ${colorScheme}`, { body: await page.screenshot(), contentType: 'image/png' });
    await page.keyboard.press('Enter');
    await expect(dialog).toBeHidden();

    const row = page.getByRole('table', { name: 'Agents', exact: true }).getByRole('row', { name: new RegExp(login) });
    await expect(row).toContainText('logged out');
    await page.getByLabel('Only agents in this state').selectOption('logged_out');
    await expect(page).toHaveURL(/state=logged_out/);
    await expect(row).toBeVisible();
    await expectNoViolation(page);

    await page.getByRole('button', { name: `Change ${login}` }).click();
    await expect(dialog.getByLabel('Skills')).toHaveValue('Spanish = 7');
    await dialog.getByLabel('Name').fill('Ann Other');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await expect(row).toContainText('Ann Other');

    await page.getByRole('button', { name: 'Reasons of default' }).click();
    await dialog.getByLabel('Reasons').fill('break = Break\nlunch = Lunch break');
    await expectNoViolation(page);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await expect(dialog).toBeHidden();
    await page.getByRole('button', { name: 'Reasons of default' }).click();
    await expect(dialog.getByLabel('Reasons')).toHaveValue('break = Break\nlunch = Lunch break');
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: `Change ${login}` }).click();
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await dialog.getByRole('button', { name: 'Really remove' }).click();
    await expect(row).toHaveCount(0);
  });

  test(`a campaign is given agents in ${colorScheme} colours, and what is wrong is said at its field`, async ({ page, request }, info) => {
    await page.emulateMedia({ colorScheme });
    const list = await first<Thing>(request, '/lists');
    const name = `With agents ${colorScheme} ${Date.now()}`;
    await page.goto(`/campaigns/new?list=${list.id}`);
    await page.getByLabel('Name').fill(name);
    await page.getByRole('combobox', { name: 'Contacts talk to' }).click();
    await page.getByRole('option', { name: /predictive/ }).click();
    await page.getByLabel('Most abandoned').fill('2.5');
    await page.getByLabel('Results agents choose from').fill('sold = Sold\nsold = Twice');
    await page.getByRole('combobox', { name: 'Hidden attributes' }).fill('card');
    await page.keyboard.press('Enter');
    await page.getByLabel('Script', { exact: true }).fill('javascript:alert(1)');
    await page.getByRole('button', { name: 'Make the campaign' }).click();
    await expect(page.getByLabel('Results agents choose from')).toHaveAttribute('aria-invalid', 'true');
    await page.getByLabel('Results agents choose from').fill('sold = Sold\nno = Not interested');
    await page.getByRole('button', { name: 'Make the campaign' }).click();
    await expect(page.getByLabel('Script', { exact: true })).toHaveAttribute('aria-invalid', 'true');
    await page.getByLabel('Script', { exact: true }).fill('https://scripts.example/spring');
    await expectNoViolation(page);
    await info.attach(`campaign with agents, ${colorScheme}`, { body: await page.screenshot({ fullPage: true }), contentType: 'image/png' });
    await page.getByRole('button', { name: 'Make the campaign' }).click();
    await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
    await expect(page.getByLabel('Most abandoned')).toHaveValue('2.5 %');
    await expect(page.getByLabel('Results agents choose from')).toHaveValue('sold = Sold\nno = Not interested');
    await expect(page.getByText('card', { exact: true })).toBeVisible();
  });
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`what an outside contact center tells of an inbound queue is seen in ${colorScheme} colours`, async ({ page, request }, info) => {
    await page.emulateMedia({ colorScheme });
    const name = `support-${colorScheme}-${Date.now()}`;
    const settings = { length: { limit: 5, back: 1 }, service_level: { limit: 80, back: 90 }, skill: 'Spanish' };
    const queue = await post<Thing>(request, '/inbound-queues', { zone: 'default', name, settings });
    await page.goto('/agents');
    const row = page.getByRole('table', { name: 'Inbound queues' }).getByRole('row', { name: new RegExp(name) });
    await expect(row).toContainText('not known');
    await put(request, '/inbound-figures', { zone: 'default', queues: [{ queue: name, length: 7, service_level: 71.5 }] });
    await expect(row).toContainText('more agents');
    await expect(row).toContainText('7 (5 / 1)');
    await expect(row).toContainText('71.5 % (80 / 90)');
    await expectNoViolation(page);
    await info.attach(`inbound queues, ${colorScheme}`, { body: await page.screenshot({ fullPage: true }), contentType: 'image/png' });
    await remove(request, `/inbound-queues/${queue.id}`);
    await expect(row).toHaveCount(0);
  });
}

test('A_07 a supervisor moves and forces agents by keyboard, and sees what waits and what became of it', async ({ page, request }, info) => {
  const stamp = Date.now();
  const make = (login: string, zone: string) => post<Thing>(request, '/agents', { login, zone, password: 'correct horse battery' });
  const ours = await make(`ours-${stamp}`, 'default');
  const nowhere = await make(`nowhere-${stamp}`, `nowhere-${stamp}`);
  await page.goto('/agents');
  const orders = page.getByRole('table', { name: "Supervisors' orders" });
  const choose = async (login: string) => {
    await page.getByRole('checkbox', { name: `Choose ${login}` }).focus();
    await page.keyboard.press('Space');
  };
  await expect(page.getByRole('button', { name: 'Log out…' })).toBeDisabled();
  await choose(`ours-${stamp}`);
  await choose(`nowhere-${stamp}`);
  await expect(page.getByText('2 chosen')).toBeVisible();
  await page.getByRole('button', { name: 'Not ready…' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('Fire drill');
  await expectNoViolation(page);
  await dialog.getByRole('button', { name: 'Not ready', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();

  const row = (login: string) => orders.getByRole('row', { name: new RegExp(login) }).first();
  await expect(row(`ours-${stamp}`)).toContainText('refused');
  await expect(row(`ours-${stamp}`)).toContainText('log on first');
  await expect(row(`ours-${stamp}`)).toContainText('Fire drill');
  await expect(row(`nowhere-${stamp}`)).toContainText('pending');
  await page.getByRole('button', { name: `Withdraw what was asked of nowhere-${stamp}` }).click();
  await expect(row(`nowhere-${stamp}`).getByRole('button', { name: /Withdraw/ })).toHaveText('Withdrawn');
  await page.getByRole('button', { name: 'Move to a job…' }).click();
  await expect(dialog.getByLabel('Job')).toBeVisible();
  await page.keyboard.press('Escape');
  await expectNoViolation(page);
  await info.attach('orders', { body: await page.screenshot({ fullPage: true }), contentType: 'image/png' });
  for (const { id } of [ours, nowhere]) await remove(request, `/agents/${id}`);
});
