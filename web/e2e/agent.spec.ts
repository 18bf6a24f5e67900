import type { States } from '@everdial/agent-sdk';
import { FakeEverdial } from '@everdial/agent-sdk/testing';
import { expect, test, type Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expectNoViolation } from './everdial';

// The agent desktop as it is built, in a real browser, with an Everdial that lives in the test: what the page does when servers fail.

const dist = new URL('../apps/agent/dist/', import.meta.url);
const desk = 'https://desk.test/';
const types: Record<string, string> = { html: 'text/html', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };
const talking = { agent: 'busy', nail: 'nailed', call: 'talking', job: 'attached' } as const;

let everdial: FakeEverdial;
test.beforeEach(async ({ page }) => {
  everdial = new FakeEverdial({ servers: ['wss://as1.desk.test/agent/v1', 'wss://as2.desk.test/agent/v1'] });
  everdial.on('log_on', () => become({ ...talking, agent: 'not_ready', call: 'idle' }));
  everdial.on('ready', () => become({ ...talking, agent: 'ready', call: 'idle' }));
  everdial.on('get_contact', () => ({
    contact: 14, attempt: '3-14-1', phone: '+12125550199', time_zone: 'America/New_York',
    attributes: [
      { name: 'First name', value: 'Joan' },
      { name: 'Last name', value: 'Hill' },
      { name: 'Account', value: '••••••1234', masked: true },
    ],
  }));
  everdial.on('list_notes', () => ({ items: [{ at: '2030-01-01T08:00:00.000Z', agent: 'Ben', text: 'Prefers to be called before noon.' }] }));
  everdial.on('list_callbacks', () => ({ items: [{ kind: 'agent', at: '2099-01-31T13:30:00.000Z', until: '2099-02-01T13:30:00.000Z' }] }));
  everdial.on('is_on_dnc', () => ({ phone: '+12125550199', on_dnc: false }));
  everdial.on('list_codes', () => ({
    items: [{ code: 'sold', text: 'Sold' }, { code: 'no_interest', text: 'No interest' }, { code: 'wrong_person', text: 'Wrong person' }],
  }));
  everdial.on('list_reasons', () => ({ items: [{ code: 'break', text: 'Break' }, { code: 'training', text: 'Training' }] }));
  everdial.on('list_destinations', () => ({ items: [{ id: 8, name: 'Ben', free: true }, { id: 9, name: 'Cleo', free: false }] }));
  everdial.on('list_agents', () => ({ items: [{ id: 8, name: 'Ben', states: talking, since: '2030-01-01T08:00:00.000Z', job: { id: 3, campaign: 'Spring' } }] }));
  await serve(page);
});
test.afterEach(() => everdial.stop());

function become(states: States) {
  everdial.tell({ notice: 'states_changed', states, reason: '' });
  return { states };
}

async function serve(page: Page) {
  await page.route(`${desk}**`, async (route) => {
    const path = new URL(route.request().url()).pathname.slice(1) || 'index.html';
    if (path === 'api/v1/agent-tickets') return route.fulfill({ json: { ticket: 'ticket-1', servers: everdial.addresses.servers } });
    return route.fulfill({ body: await readFile(new URL(path, dist)), contentType: types[path.split('.').pop()!] });
  });
  await page.routeWebSocket('wss://*.desk.test/**', (socket) => {
    const server = new URL(socket.url()).hostname.split('.')[0]!;
    const cut = (code: number) => void socket.close({ code: code === 1006 ? 1012 : code });
    const connection = everdial.connect(server, (text) => socket.send(text), cut);
    socket.onMessage((message) => connection.heard(String(message)));
    socket.onClose(() => connection.gone());
  });
}

async function logOn(page: Page) {
  await page.goto(desk);
  await page.getByLabel('Name').fill('ann');
  await page.getByRole('textbox', { name: 'Password' }).fill('secret');
  await page.getByLabel('Your phone').fill('+12125550100');
  await page.getByRole('button', { name: 'Log on' }).click();
  await expect(page.getByRole('navigation', { name: 'Your state' })).toBeVisible();
}

function call() {
  everdial.tell({ notice: 'job_attached', job: 3, campaign: 'Spring reminders' });
  everdial.tell({ notice: 'call_offered', attempt: '3-14-1', phone: '+12125550199' });
  become(talking);
}

test('D_04 a server and then the page are lost in a conversation: it goes on, no event missed', async ({ page }) => {
  await logOn(page);
  await page.keyboard.press('r');
  await expect(page.getByText('Waiting for a')).toBeVisible();
  call();
  await expect(page.getByText('+12125550199')).toBeVisible();
  const strip = page.getByTestId('continuity');
  await expect(strip).toContainText('Connected to as1 · call kept');
  everdial.cut();
  everdial.happen({ notice: 'contact_changed', contact: 14 });
  await expect(strip).toContainText('Connected to as2');
  await expect(strip).toContainText('resumed 1 ×');
  await expect(strip).toContainText('events missed: 0');
  await page.reload();
  await expect(page.getByText('+12125550199')).toBeVisible();
  await expect(strip).toContainText('events missed: 0');
  await page.keyboard.press('h');
  await expect.poll(() => everdial.done.map(({ method }) => method)).toContain('hold');
});

test('D_04 a page without modules has the SDK from one script file', async ({ page }) => {
  await page.goto(desk);
  await page.addScriptTag({ path: fileURLToPath(import.meta.resolve('@everdial/agent-sdk/script')) });
  const agent = await page.evaluate(async () => {
    const { EverdialAgent } = window as unknown as { EverdialAgent: typeof import('@everdial/agent-sdk') };
    const account = { name: 'ann', password: 'secret' };
    const session = new EverdialAgent.AgentSession({ ticket: () => EverdialAgent.fetchTicket([window.location.origin], account) });
    await session.start();
    const { states } = await session.command('log_on', { phone: '+12125550100' });
    return [session.view.agent?.name, states.agent];
  });
  expect(agent).toEqual(['Ann Baker', 'not_ready']);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme} colours`, () => {
    test.use({ colorScheme });

    test('the desktop has no accessibility violation, from log-on to the work after the call', async ({ page }, info) => {
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      const look = async (name: string) => {
        await info.attach(`${name}, ${colorScheme}`, { body: await page.screenshot({ path: info.outputPath(`${name}.png`) }), contentType: 'image/png' });
        await expectNoViolation(page);
      };
      everdial.supervisor = true;
      await page.goto(desk);
      await expect(page.getByRole('button', { name: 'Log on' })).toBeVisible();
      await look('log-on');
      await logOn(page);
      await look('not-ready');
      call();
      await expect(page.getByLabel('First name')).toBeVisible();
      await look('talking');
      await page.keyboard.press('c');
      await expect(page.getByRole('dialog').getByRole('button', { name: 'Ben' })).toBeVisible();
      await look('consult');
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toBeHidden();
      await page.keyboard.press('v');
      await page.getByLabel('Name begins with').fill('Be');
      await expect(page.getByRole('dialog').getByRole('button', { name: /^Ben/ })).toBeVisible();
      await page.keyboard.press('Enter');
      await expect(page.getByRole('dialog', { name: 'Ben: what?' })).toBeVisible();
      await look('team');
      await page.keyboard.press('2');
      await expect.poll(() => everdial.done.at(-1)).toMatchObject({ method: 'monitor', params: { agent: 8, how: 'whisper' } });
      await expect(page.getByRole('dialog')).toBeHidden();
      everdial.news('manager_not_available', { zone: 'default', reason: 'failed', expected_wait_ms: 500 });
      await expect(page.getByTestId('continuity')).toContainText('your call goes on');
      await page.keyboard.press('h');
      await look('manager-away');
      everdial.news('manager_available', { zone: 'default', away_ms: 480 });
      become({ ...talking, agent: 'work_not_ready', call: 'wrapup' });
      everdial.tell({ notice: 'time_limit', at: new Date(Date.now() + 60_000).toISOString(), extensions_left: 2 });
      await expect(page.getByRole('radio', { name: 'Sold' })).toBeVisible();
      await expect(page.getByText('More time (2 left)')).toBeVisible();
      await look('wrap-up');
      await page.setViewportSize({ width: 390, height: 844 });
      await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.getByRole('button', { name: 'Callback…' }).click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await look('callback');
      expect(errors).toEqual([]);
    });
  });
}
