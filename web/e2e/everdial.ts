import AxeBuilder from '@axe-core/playwright';
import { expect, type APIRequestContext, type APIResponse, type Page } from '@playwright/test';

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: these tests want a running Everdial (see web/README.md)`);
  return value;
}

export const baseURL = setting('EVERDIAL_URL');
export const user = setting('EVERDIAL_USER');
export const password = setting('EVERDIAL_PASSWORD');
export const importFolder = setting('EVERDIAL_IMPORT_FOLDER');
/** Every address there, as sip:ann@..., is a phone that answers at once and says back what it hears. */
export const phones = setting('EVERDIAL_PHONES');
export const sessionFile = 'test-results/session.json';

export const listName = 'Spring reminders';
export const campaignName = 'Spring reminders by phone';
export const goodRows = 44;
export const rejectedRows = 2;

/** People, a machine, a busy line, one that only rings, one that does not exist; then a duplicate and two rows that are no numbers. */
export function contactsCsv(): string {
  const ends = [...Array.from({ length: 40 }, (_, i) => i), 60, 72, 80, 89];
  const rows = ends.map((end, i) => `C${i},Person ${i},+1212555${String(100 + end).padStart(4, '0')}`);
  return ['id,name,phone', ...rows, 'C98,Twice,+12125550100', 'C99,Short,12345', 'C100,None,'].join('\n');
}

export async function logIn(page: Page, name = user, secret = password): Promise<void> {
  await page.goto('/');
  await page.getByLabel('Name').fill(name);
  await page.getByRole('textbox', { name: 'Password' }).fill(secret);
  await page.getByRole('button', { name: 'Log in' }).click();
}

/** Axe over the whole page, each of its rules, best practices too. */
export async function expectNoViolation(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
  expect(told).toEqual([]);
}

/** Ends a component's processes as kill -9 does; their server starts them again. */
export async function kill(server: string, component: string): Promise<void> {
  const answer = await fetch(`${setting('EVERDIAL_FAULTS')}/kill/${server}/${component}`, { method: 'POST' });
  expect(answer.status, `kill ${component} of ${server}`).toBe(204);
}

/** The first thing of a list of the API. */
export async function first<T>(request: APIRequestContext, path: string): Promise<T> {
  const answer = await request.get(`/api/v1${path}`);
  expect(answer.ok(), `GET ${path}: ${answer.status()}`).toBe(true);
  return ((await answer.json()) as { items: T[] }).items[0]!;
}

/** A change as the console makes it: with the session's cookie and its CSRF token. */
async function change(request: APIRequestContext, method: string, path: string, data?: unknown): Promise<APIResponse> {
  const { csrf_token } = (await (await request.get('/api/v1/session')).json()) as { csrf_token: string };
  const answer = await request.fetch(`/api/v1${path}`, {
    method,
    data,
    headers: { 'X-CSRF-Token': csrf_token, 'Idempotency-Key': crypto.randomUUID() },
  });
  expect(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`).toBe(true);
  return answer;
}
export const post = async <T>(request: APIRequestContext, path: string, body?: unknown): Promise<T> =>
  (await (await change(request, 'POST', path, body)).json()) as T;
export const put = async (request: APIRequestContext, path: string, body: unknown): Promise<void> => void (await change(request, 'PUT', path, body));
export const remove = async (request: APIRequestContext, path: string): Promise<void> => void (await change(request, 'DELETE', path));
