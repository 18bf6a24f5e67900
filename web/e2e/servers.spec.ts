import { expect, test } from '@playwright/test';
import { expectNoViolation } from './everdial';

test('S_02 a component is restarted and stopped after a question that says what will happen, and started again', async ({ page }) => {
  await page.goto('/status');
  const actions = page.getByRole('button', { name: 'Actions for rule_engine on server2' });
  await actions.click();
  await page.getByRole('menuitem', { name: 'Stop' }).click();
  const question = page.getByRole('dialog');
  await expect(question).toContainText('It stays stopped');
  await expect(question).toContainText('server1');
  await expectNoViolation(page);
  await question.getByRole('button', { name: 'Stop' }).click();
  const cell = page.getByRole('row', { name: /^rule_engine/ }).getByRole('cell').nth(1);
  await expect(cell).toContainText('STOPPED');
  await expect(cell).toContainText('by order');
  await expect(page.getByRole('table', { name: 'Orders to components' }).getByRole('row').nth(1)).toContainText('stop');

  await actions.click();
  await expect(page.getByRole('menuitem')).toHaveText(['Start']);
  await page.getByRole('menuitem', { name: 'Start' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click();
  await expect(cell).toContainText(/MASTER|DORMANT/);
});

test('L_01 the status shows how loaded each server is', async ({ page }) => {
  await page.goto('/status');
  const loads = page.getByRole('table', { name: 'Load of each server' });
  for (const server of ['server1', 'server2']) await expect(loads.getByRole('row', { name: new RegExp(server) })).toContainText(/low|normal|high/);
});

test('A_12 A_13 a zone is moved to another server by Save and apply, after a look at what would move', async ({ page }) => {
  await page.goto('/zones');
  const row = page.getByRole('table', { name: 'Zones' }).getByRole('row', { name: /default/ });
  const home = page.getByLabel('Home server of default');
  const before = await home.inputValue();
  const other = before === 'server1' ? 'server2' : 'server1';
  await home.selectOption(other);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(row).toContainText('saved, not applied');
  await expect(row.getByRole('cell').nth(2)).toHaveText(before);

  await page.getByRole('button', { name: 'Save and apply…' }).click();
  const question = page.getByRole('dialog');
  await expect(question.getByRole('table', { name: 'Zones that would move' })).toContainText('it goes home');
  await expectNoViolation(page);
  await question.getByRole('button', { name: 'Move now' }).click();
  await expect(row.getByRole('cell').nth(2)).toHaveText(other);
  await expect(row).toContainText('owned');
});

test('A_12 A_13 the agents of a zone are moved to another server, after a look at what each does', async ({ page }) => {
  await page.goto('/zones');
  const row = page.getByRole('table', { name: 'Agent managers' }).getByRole('row', { name: /^default/ });
  const place = page.getByLabel('Agent manager of default');
  await expect(row).toContainText('in its place');
  const before = await place.inputValue();
  const other = before === 'server1' ? 'server2' : 'server1';
  await place.selectOption(other);
  await page.getByRole('button', { name: 'Save places', exact: true }).click();
  await expect(row).toContainText('saved, not applied');
  await expect(row.getByRole('cell').nth(2)).toHaveText(before);

  await page.getByRole('button', { name: 'Save places and apply…' }).click();
  const question = page.getByRole('dialog');
  await expect(question.getByRole('table', { name: 'Agents that would move' })).toContainText(`${before} → ${other}`);
  await expectNoViolation(page);
  await question.getByRole('button', { name: 'Move now' }).click();
  await expect(row.getByRole('cell').nth(2)).toHaveText(other);
  await expect(row).toContainText('in its place');
});

test('S_01 a server is parked and taken back', async ({ page }) => {
  await page.goto('/zones');
  const row = page.getByRole('table', { name: 'Servers' }).getByRole('row', { name: /server2/ });
  await page.getByRole('button', { name: 'Park server2' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Park' }).click();
  await expect(row).toContainText('parked, empty');
  await page.getByRole('button', { name: 'Take back server2' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click();
  await expect(row).not.toContainText('parked');
});

test('S_04 a drill is begun within its limits, watched and aborted; the failover has a report', async ({ page }) => {
  await page.goto('/failover');
  await expect(page.getByRole('region', { name: 'What each server needs to take over' })).toContainText('it reaches the components of all servers that live');
  await page.getByLabel('The server that would be lost').selectOption('server2');
  await page.getByLabel('Drill on').selectOption('load_monitor');
  await page.getByRole('button', { name: 'Begin a drill…' }).click();
  const question = page.getByRole('dialog');
  await question.getByRole('button', { name: 'Begin' }).click();
  await expect(question.getByRole('alert')).toContainText('a second failure could not be borne');
  await question.getByRole('button', { name: 'Not now' }).click();
  await page.getByLabel('Although nobody is left for a second failure').check();
  await page.getByLabel('Seconds').fill('60');
  await page.getByRole('button', { name: 'Begin a drill…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Begin' }).click();
  const report = page.getByRole('dialog', { name: /^Drill \d+$/ });
  await expect(report).toContainText('under way');
  await expect(report.getByRole('list', { name: 'Course of the drill' })).toContainText('Held down on server2');
  await expectNoViolation(page);
  await report.getByRole('button', { name: 'Abort' }).click();
  await expect(report).toContainText('aborted');
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: /^Report / }).first().click();
  await expect(page.getByRole('dialog', { name: /^Failover / }).getByRole('list', { name: 'Step by step' })).toContainText('Taken over');
  await expectNoViolation(page);
});

test('the bell tells what is wrong, and leads to all alarms of late', async ({ page }) => {
  await page.goto('/status');
  await page.getByRole('button', { name: /^Alarms: / }).click();
  await expect(page.getByRole('link', { name: 'All alarms of late' })).toBeVisible();
  await expectNoViolation(page);
  await page.getByRole('link', { name: 'All alarms of late' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Alarms' })).toBeVisible();
});
