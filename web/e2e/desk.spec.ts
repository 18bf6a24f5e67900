import { expect, test, type APIRequestContext, type Page } from '@playwright/test';
import { rename, writeFile } from 'node:fs/promises';
import { expectNoViolation, importFolder, kill, password as adminPassword, phones, post, user } from './everdial';

// An agent at a running system: a phone that rings, contacts who answer, and components that die in the conversation.

const password = 'correct horse battery';

interface Made {
  id: number;
}
interface Status {
  leases: { resource: string; server?: string }[];
}

/** An agent with a phone, and people to talk to, one after the other. */
async function work(request: APIRequestContext, login: string, area: number): Promise<{ phone: string; job: number }> {
  await post(request, '/agents', { login, name: 'Ann Baker', password, zone: 'default', skills: {} });
  const list = await post<Made>(request, '/lists', { name: `For ${login}`, default_region: 'US', time_zone: 'America/New_York' });
  const rows = Array.from({ length: 8 }, (_, i) => `C${i},Joan ${i},4000-12${i}4,+1${area}555010${i}`);
  await writeFile(`${importFolder}/.${login}.csv`, ['id,name,account,phone', ...rows].join('\n'));
  await rename(`${importFolder}/.${login}.csv`, `${importFolder}/${login}.csv`);
  const loaded = await post<Made>(request, '/imports', { list_id: list.id, source: 'folder', file_name: `${login}.csv` });
  const state = async () => ((await (await request.get(`/api/v1/imports/${loaded.id}`)).json()) as { state: string }).state;
  await expect.poll(state, { timeout: 20_000 }).toBe('completed');
  const campaign = await post<Made>(request, '/campaigns', {
    name: `Calls of ${login}`,
    list_id: list.id,
    strategy: { calling_from_minute: 0, calling_until_minute: 0 },
    agents: { pacing: 'progressive', answer_within_s: 10, codes: ['sold', 'no_interest'], masked_attributes: ['account'] },
  });
  const job = await post<Made>(request, `/campaigns/${campaign.id}/jobs`);
  return { phone: `sip:${login}@${phones}`, job: job.id };
}

async function managerOf(request: APIRequestContext): Promise<string | undefined> {
  const { leases } = (await (await request.get('/api/v1/status')).json()) as Status;
  return leases.find(({ resource }) => resource === 'agent_manager/zone/default')?.server;
}

/** All that the strip has said since, for what it says for a moment only. */
async function watchStrip(page: Page): Promise<() => Promise<string[]>> {
  const texts = await strip(page).evaluateHandle((element) => {
    const said: string[] = [];
    new MutationObserver(() => said.push(element.textContent)).observe(element, { subtree: true, childList: true, characterData: true });
    return said;
  });
  return () => texts.jsonValue();
}

const strip = (page: Page) => page.getByTestId('continuity');
const shown = (page: Page, headline: string) => expect(page.getByText(headline, { exact: true })).toBeVisible({ timeout: 30_000 });
const press = async (page: Page, ...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};

test.beforeEach(async ({ request }) => {
  expect((await request.post('/api/v1/login', { data: { name: user, password: adminPassword } })).ok()).toBe(true);
});

test('A_02 A_08 an agent works by keys alone with a real phone, and the manager dies in the conversation', async ({ page, request }, info) => {
  const login = `ann-${Date.now()}`;
  const { phone, job } = await work(request, login, 917);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  const look = async (name: string) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await info.attach(`${name}, ${colorScheme}`, { body: await page.screenshot({ path: info.outputPath(`${name}-${colorScheme}.png`) }), contentType: 'image/png' });
      await expectNoViolation(page);
    }
  };

  await page.goto('/agent/');
  await expect(page.getByLabel('Name')).toBeFocused();
  await page.keyboard.type(login);
  await press(page, 'Tab');
  await page.keyboard.type(password);
  await press(page, 'Tab', 'Tab');
  await page.keyboard.type(phone);
  await press(page, 'Enter');
  await shown(page, 'Not ready');
  await press(page, 'r');
  await shown(page, 'Talking');
  const first = await page.getByText(/^\+1917555010\d$/).textContent();
  await expect(page.getByLabel('account')).toHaveJSProperty('readOnly', true);
  await expect(page.getByText('line up')).toBeVisible();
  await look('talking');

  await press(page, 'h');
  await shown(page, 'On hold: the contact hears music');
  await press(page, 'h');
  await shown(page, 'Talking');
  await press(page, 'k');
  await page.getByRole('dialog', { name: 'Send keys' }).waitFor();
  await page.keyboard.type('12#');
  await press(page, 'Enter');
  await expect(page.getByRole('dialog')).toBeHidden();

  const said = await watchStrip(page);
  const manager = await managerOf(request);
  await kill(manager!, 'agent_manager');
  await press(page, 'h'); // ordered while nobody can do it
  await shown(page, 'On hold: the contact hears music');
  await expect(strip(page)).toContainText(/call kept.*events missed: 0/);
  expect((await said()).join('\n')).toContain('your call goes on');
  await press(page, 'h');
  await shown(page, 'Talking');
  expect(await page.getByText(/^\+1917555010\d$/).textContent()).toBe(first);
  await look('after the take-over');

  await press(page, 'x', 'x');
  await page.getByRole('radio', { name: /no.interest/ }).waitFor();
  await press(page, '2', 'Enter');
  await shown(page, 'Talking');
  expect(await page.getByText(/^\+1917555010\d$/).textContent()).not.toBe(first);
  await press(page, 'l', 'l');
  await expect(page.getByRole('button', { name: 'Do not log off after this call' })).toBeVisible();
  await press(page, 'x', 'x');
  await page.getByRole('radio', { name: 'sold' }).waitFor();
  await press(page, '1', 'Enter');
  await expect(page.getByRole('button', { name: 'Log on' })).toBeVisible();
  expect(errors).toEqual([]);

  const { items } = (await (await request.get(`/api/v1/jobs/${job}/attempts`)).json()) as { items: { phone: string }[] };
  expect(items.filter((attempt) => attempt.phone === first)).toHaveLength(1);
  await post(request, `/jobs/${job}/requests`, { request: 'stop' });
});

test('D_04 a workspace hears that its server is lost, tells its widgets, and goes on at the other in the conversation', async ({ page, request }, info) => {
  const login = `ben-${Date.now()}`;
  const { phone, job } = await work(request, login, 646);
  await page.goto('/agent/workspace.html');
  await page.getByLabel('Name').fill(login);
  await page.getByLabel('Password').fill(password);
  await page.getByLabel('Phone').fill(phone);
  await page.getByRole('button', { name: 'Start work' }).click();
  await page.getByRole('button', { name: 'Ready', exact: true }).click();
  await shown(page, 'Talking');
  const contact = await page.getByText(/^\+1646555010\d$/).textContent();
  const told = page.getByRole('log');
  await expect(told).toContainText(`contact ${contact}`);

  const connected = /Connected to (\w+)/.exec((await strip(page).textContent())!)![1]!;
  const other = connected === 'server1' ? 'server2' : 'server1';
  const before = Date.now();
  await kill(connected, 'agent_sdk');
  await expect(told).toContainText(`${connected} is lost: calls go on, another server is tried`);
  await expect(strip(page)).toContainText(`Connected to ${other} · call kept`);
  expect(Date.now() - before).toBeLessThan(2000);
  await expect(told).toContainText(`${other} goes on, after`);
  await expect(strip(page)).toContainText(/resumed 1 ×.*events missed: 0/);
  await page.getByRole('button', { name: /^Hold/ }).click();
  await shown(page, 'On hold: the contact hears music');
  await expect(page.getByText(contact!, { exact: true })).toBeVisible();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await info.attach(`workspace, ${colorScheme}`, { body: await page.screenshot({ path: info.outputPath(`workspace-${colorScheme}.png`) }), contentType: 'image/png' });
    await expectNoViolation(page);
  }

  await page.getByRole('button', { name: /^Hang up/ }).click();
  await page.getByRole('radio', { name: 'sold' }).waitFor();
  await page.getByRole('button', { name: /^Not ready/ }).click();
  await page.getByRole('dialog').getByRole('button').last().click();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: 'Log off' }).click();
  await expect(page.getByText('logged out')).toBeVisible();
  await post(request, `/jobs/${job}/requests`, { request: 'stop' });
});
