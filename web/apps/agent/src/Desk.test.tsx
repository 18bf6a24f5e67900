import type { States } from '@everdial/agent-sdk';
import { FakeEverdial, refusal } from '@everdial/agent-sdk/testing';
import { EverdialTheme } from '@everdial/ui';
import { fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { App } from './App';
import { ordersOf } from './orders';

const states = (call: States['call'], agent: States['agent'] = 'busy', nail: States['nail'] = 'nailed'): States => ({
  agent, nail, call, job: 'attached',
});

let everdial: FakeEverdial;
beforeEach(() => {
  localStorage.clear();
  everdial = new FakeEverdial();
  everdial.on('log_on', () => become(states('idle', 'not_ready'), 'logged_on'));
  everdial.on('get_contact', () => ({
    contact: 14, attempt: '3-14-1', phone: '+12125550199', time_zone: 'America/New_York',
    attributes: [{ name: 'First name', value: 'Joan' }, { name: 'Account', value: '••••1234', masked: true }],
  }));
  everdial.on('list_notes', () => ({ items: [{ at: '2030-01-01T00:00:00.000Z', agent: 'Ben', text: 'prefers mornings' }] }));
  everdial.on('list_callbacks', () => ({ items: [] }));
  everdial.on('is_on_dnc', () => ({ phone: '+12125550199', on_dnc: false }));
  everdial.on('list_codes', () => ({ items: [{ code: 'sold', text: 'Sold' }, { code: 'no_interest', text: 'No interest' }] }));
  everdial.on('list_reasons', () => ({ items: [{ code: 'break', text: 'Break' }, { code: 'training', text: 'Training' }] }));
  everdial.on('list_destinations', () => ({ items: [{ id: 8, name: 'Ben', free: true }, { id: 9, name: 'Cleo', free: false }] }));
});
afterEach(() => everdial.stop());

function become(next: States, reason = '') {
  everdial.tell({ notice: 'states_changed', states: next, reason });
  return { states: next };
}

function call(next: States['call'], agent?: States['agent']) {
  everdial.tell({ notice: 'call_offered', attempt: '3-14-1', phone: '+12125550199' });
  become(states(next, agent));
}

async function logOn(user = userEvent.setup(), skills = '') {
  const { options } = everdial;
  render(
    <EverdialTheme>
      <App ticketFor={options.ticket} options={{ servers: options.servers, openSocket: options.openSocket }} />
    </EverdialTheme>,
  );
  await user.type(screen.getByLabelText(/^Name/), 'ann');
  await user.type(screen.getByLabelText(/^Password/), 'secret');
  await user.type(screen.getByLabelText(/^Your phone/), '+12125550100');
  if (skills) await user.type(screen.getByLabelText(/^Skills today/), skills);
  await user.click(screen.getByRole('button', { name: 'Log on' }));
  return user;
}

async function atWork() {
  const user = await logOn();
  await screen.findByRole('navigation', { name: 'Your state' });
  return user;
}

const methods = () => everdial.done.map(({ method }) => method).filter((method) => !/^(get|list)_/.test(method));
const ordered = (method: string) => waitFor(() => expect(methods()).toContain(method));
const paramsOf = (method: string) => everdial.done.find((request) => request.method === method)?.params;

describe('The agent desktop', () => {
  test('logs on with a phone, and is not ready at first', async () => {
    await atWork();
    expect(paramsOf('log_on')).toMatchObject({ phone: '+12125550100', keep_line: true, forced: false });
    expect(screen.getByText('not ready')).toBeTruthy();
    expect(screen.getByTestId('continuity').textContent).toContain('events missed: 0');
  });

  test('says that the agent works elsewhere, and takes over when asked again', async () => {
    everdial.tickets.add('ticket-2');
    everdial.on('log_on', ({ forced }: { forced: boolean }) =>
      forced ? become(states('idle', 'not_ready')) : refusal('already_logged_on', 'logged on at another desktop'),
    );
    const user = await logOn();
    await user.click(await screen.findByRole('button', { name: 'Log on here and end the other desktop' }));
    await screen.findByRole('navigation', { name: 'Your state' });
    expect(paramsOf('log_on')).toMatchObject({ forced: true });
  });

  test('is ready and not ready by keys, with a reason', async () => {
    everdial.on('ready', () => become(states('idle', 'ready')));
    const user = await atWork();
    await user.keyboard('r');
    await screen.findByText('Waiting for a call');
    await user.keyboard('n');
    await screen.findByRole('dialog', { name: 'Not ready: why?' });
    await user.keyboard('2');
    await ordered('not_ready');
    expect(paramsOf('not_ready')).toEqual({ reason: 'training' });
  });

  test('shows who calls, what is known, and holds and resumes by one key', async () => {
    everdial.on('hold', () => become(states('held')));
    everdial.on('resume', () => become(states('talking')));
    const user = await atWork();
    call('talking');
    await screen.findByText('+12125550199');
    expect(((await screen.findByLabelText('First name')) as HTMLInputElement).value).toBe('Joan');
    expect((screen.getByLabelText('Account') as HTMLInputElement).readOnly).toBe(true);
    expect(await screen.findByText('prefers mornings')).toBeTruthy();
    await user.keyboard('h');
    await screen.findByText('On hold: the contact hears music');
    await user.keyboard('h');
    await screen.findByText('Talking');
    expect(screen.getByTestId('continuity').textContent).toContain('call kept');
  });

  test('offers exactly the orders that fit', async () => {
    await atWork();
    for (const state of ['preview', 'talking', 'held', 'consult', 'conference_owner', 'conference_passive'] as const) {
      call(state);
      for (const { label } of ordersOf[state]) await screen.findByRole('button', { name: label });
    }
    expect(screen.queryByRole('button', { name: /^Hold/ })).toBeNull();
  });

  test('whom another asks may leave, and is told who asks', async () => {
    everdial.on('cancel_consult', () => become(states('idle', 'ready')));
    const user = await atWork();
    everdial.tell({ notice: 'consult_offered', from: 8, attempt: '3-14-1' });
    become(states('consult'));
    await screen.findByText('You are asked: the contact hears music');
    await screen.findByText('With Ben');
    expect(screen.queryByRole('button', { name: 'Hand over' })).toBeNull();
    await user.keyboard('x');
    await screen.findByText('Waiting for a call');
    expect(methods()).toContain('cancel_consult');
  });

  test('whom a contact is handed to sees its number', async () => {
    await atWork();
    everdial.tell({ notice: 'call_transferred', from: 8, to: 7, attempt: '3-14-1' });
    become(states('talking'));
    await screen.findByText('The contact was handed to you.');
    await screen.findByText('+12125550199');
  });

  test('says what has happened by itself, until there is another contact', async () => {
    await atWork();
    call('dialing');
    everdial.tell({ notice: 'dial_failed', attempt: '3-14-1', code: 'call_busy' });
    become(states('wrapup', 'work_not_ready'));
    await screen.findByText('The line was busy.');
    call('talking');
    await screen.findByText('Talking');
    expect(screen.queryByText('The line was busy.')).toBeNull();
    everdial.tell({ notice: 'nailing_lost', reason: 'answer_human' });
    become(states('idle', 'ready', 'not_nailed'));
    await screen.findByText('Your phone has hung up.');
    become(states('idle', 'ready'));
    await waitFor(() => expect(screen.queryByText('Your phone has hung up.')).toBeNull());
  });

  test('sends what is chosen before the time is up', async () => {
    const user = await atWork();
    call('wrapup', 'work_not_ready');
    everdial.tell({ notice: 'time_limit', at: new Date(Date.now() + 2000).toISOString(), extensions_left: 0 });
    await screen.findByRole('radio', { name: /No interest/ });
    await user.keyboard('2');
    await waitFor(() => expect(methods()).toContain('wrap_up'), { timeout: 3000 });
    expect(paramsOf('wrap_up')).toEqual({ code: 'no_interest' });
  });

  test('keeps the reason for not being ready when call and line change', async () => {
    await atWork();
    become(states('idle', 'ready'));
    become(states('wrapup', 'pending_not_ready'), 'training');
    become(states('idle', 'not_ready'), 'wrapped_up');
    await screen.findByText('Training');
    become(states('idle', 'not_ready', 'not_nailed'));
    await screen.findByText('line down');
    expect(screen.getByText('Training')).toBeTruthy();
  });

  test('consults whom one chooses of those who are free', async () => {
    const user = await atWork();
    call('talking');
    await user.click(await screen.findByRole('button', { name: /^Consult/ }));
    const dialog = await screen.findByRole('dialog', { name: 'Consult whom?' });
    expect(((await within(dialog).findByRole('button', { name: /Cleo/ })) as HTMLButtonElement).disabled).toBe(true);
    await user.click(within(dialog).getByRole('button', { name: /Ben/ }));
    await ordered('consult');
    expect(paramsOf('consult')).toEqual({ agent: 8 });
  });

  test('disposes of a call by number, with a note', async () => {
    everdial.on('wrap_up', () => become(states('idle', 'ready')));
    const user = await atWork();
    call('wrapup', 'work_not_ready');
    everdial.tell({ notice: 'time_limit', at: new Date(Date.now() + 60_000).toISOString(), extensions_left: 2 });
    await screen.findByRole('radio', { name: /No interest/ });
    expect(screen.getByText(/ left$/)).toBeTruthy();
    await user.keyboard('2');
    await user.type(screen.getByLabelText('Note'), 'not this year{Control>}{Enter}{/Control}');
    await ordered('wrap_up');
    expect(paramsOf('wrap_up')).toEqual({ code: 'no_interest', note: 'not this year' });
    await screen.findByText('Waiting for a call');
  });

  test('goes to inbound and back', async () => {
    everdial.on('blend_to_inbound', () => become({ ...states('idle', 'not_ready'), job: 'manual_inbound' }));
    everdial.on('blend_to_outbound', () => become({ ...states('idle', 'not_ready'), job: 'detached' }));
    const user = await atWork();
    await user.click(screen.getByRole('button', { name: 'Take inbound calls' }));
    await screen.findByText('At inbound');
    await user.click(screen.getByRole('button', { name: 'Back to campaigns' }));
    await screen.findByRole('button', { name: 'Take inbound calls' });
  });

  test('promises a callback with kind, time and note', async () => {
    const user = await atWork();
    call('wrapup', 'work_not_ready');
    await user.click(await screen.findByRole('button', { name: 'Callback…' }));
    const dialog = await screen.findByRole('dialog', { name: 'Callback' });
    expect((within(dialog).getByLabelText('By the clock of') as HTMLSelectElement).value).toBe('America/New_York');
    fireEvent.change(within(dialog).getByLabelText(/^When/), { target: { value: '2099-07-01T08:30' } });
    await user.selectOptions(within(dialog).getByLabelText('Who calls'), 'strict_agent');
    await user.type(within(dialog).getByLabelText('Note'), 'after lunch');
    await user.click(within(dialog).getByRole('button', { name: 'Promise it' }));
    await ordered('create_callback');
    expect(paramsOf('create_callback')).toMatchObject({ kind: 'strict_agent', note: 'after lunch', at: '2099-07-01T12:30:00.000Z' });
    expect(methods()).not.toContain('wrap_up');
    await screen.findByText('The callback is promised.');
    await user.click(screen.getByRole('button', { name: 'Never call again' }));
    await screen.findByText('The number will not be called again.');
    expect(methods()).toContain('add_to_dnc');
  });

  test('D_04 keeps the call on the screen while the server is lost, and says so', async () => {
    const user = await atWork();
    call('talking');
    await screen.findByText('+12125550199');
    everdial.dead.add('fake://as2').add('fake://as1');
    everdial.cut();
    await waitFor(() => expect(screen.getByTestId('continuity').textContent).toContain('your call goes on'));
    await user.keyboard('h');
    await waitFor(() => expect(screen.getByTestId('continuity').textContent).toContain('1 order waits'));
    expect(screen.getByText('+12125550199')).toBeTruthy();
    everdial.dead.clear();
    await waitFor(() => expect(screen.getByTestId('continuity').textContent).toMatch(/resumed 1 ×.*events missed: 0/), { timeout: 5000 });
    await ordered('hold');
    expect(methods().filter((method) => method === 'hold')).toHaveLength(1);
  }, 15_000);

  test('A_03 says that the manager is away, where, why and for how long', async () => {
    await atWork();
    everdial.news('manager_not_available', { zone: 'default', reason: 'failed', expected_wait_ms: 500 });
    await waitFor(() =>
      expect(screen.getByTestId('continuity').textContent).toContain('manager of zone default has failed, back in about 500 ms'),
    );
    everdial.news('manager_available', { zone: 'default', away_ms: 480 });
    await waitFor(() => expect(screen.getByTestId('continuity').textContent).not.toContain('manager'));
  });

  test('F_03 shows code and text while an order meets no call control', async () => {
    everdial.on('hold', () => refusal('call_control_not_available', 'System error, check media server'));
    const user = await atWork();
    call('talking');
    await screen.findByText('Talking');
    await user.keyboard('h');
    await screen.findByText('System error, check media server (9007); trying again');
  });

  test('says what was refused, and why', async () => {
    everdial.on('ready', () => refusal('wrong_agent_state', "'ready': the agent is ready"));
    const user = await atWork();
    await user.keyboard('r');
    expect((await screen.findByRole('alert')).textContent).toContain("'ready': the agent is ready");
    await user.click(screen.getByRole('button', { name: 'Dismiss' }));
    expect(screen.queryByRole('alert')).toBeNull();
  });

  test('calls another number of a contact, before and after the call', async () => {
    const user = await atWork();
    call('preview');
    await screen.findByRole('button', { name: 'Another number…' });
    await user.keyboard('o');
    let dialog = await screen.findByRole('dialog', { name: 'Another number' });
    await user.type(within(dialog).getByLabelText('Number of the contact'), '0123');
    expect(within(dialog).getByText('A number as +15550100')).toBeTruthy();
    await user.clear(within(dialog).getByLabelText('Number of the contact'));
    await user.type(within(dialog).getByLabelText('Number of the contact'), '+12125550111{Enter}');
    await ordered('dial_preview');
    expect(paramsOf('dial_preview')).toEqual({ phone: '+12125550111' });
    call('wrapup', 'work_not_ready');
    await user.click(await screen.findByRole('button', { name: 'Another number…' }));
    dialog = await screen.findByRole('dialog', { name: 'Another number' });
    await user.type(within(dialog).getByLabelText('Number of the contact'), '+12125550122{Enter}');
    await ordered('redial');
    expect(paramsOf('redial')).toEqual({ phone: '+12125550122' });
  });

  test('a supervisor listens in, and moves an agent to another job', async () => {
    everdial.supervisor = true;
    everdial.on('list_agents', () => ({
      items: [{ id: 8, name: 'Ben', states: states('talking'), since: '2030-01-01T00:00:00.000Z', job: { id: 3, campaign: 'Spring' } }],
    }));
    everdial.on('list_jobs', () => ({ items: [{ id: 3, campaign: 'Spring' }, { id: 4, campaign: 'Summer' }] }));
    const user = await atWork();
    await user.keyboard('v');
    await user.click(await screen.findByRole('button', { name: /^Ben/ }));
    await screen.findByRole('dialog', { name: 'Ben: what?' });
    await user.keyboard('1');
    await ordered('monitor');
    expect(paramsOf('monitor')).toEqual({ agent: 8, how: 'listen' });
    await screen.findByText(/Listening to Ben/);
    await user.click(screen.getByRole('button', { name: 'Leave' }));
    await waitFor(() => expect(screen.queryByText(/Listening to/)).toBeNull());
    expect(everdial.done.at(-1)).toMatchObject({ method: 'monitor', params: { agent: 8, how: 'none' } });
    await user.click(screen.getByRole('button', { name: 'Team…' }));
    await user.click(await screen.findByRole('button', { name: /^Ben/ }));
    await user.click(await screen.findByRole('button', { name: /Move to a job/ }));
    await user.click(await screen.findByRole('button', { name: /Summer/ }));
    await ordered('move_to_job');
    expect(paramsOf('move_to_job')).toEqual({ agent: 8, job: 4 });
    await user.click(screen.getByRole('button', { name: 'Team…' }));
    await user.click(await screen.findByRole('button', { name: /^Ben/ }));
    await user.click(await screen.findByRole('button', { name: /Release from its job/ }));
    await waitFor(() => expect(everdial.done.at(-1)).toMatchObject({ method: 'move_to_job', params: { agent: 8, job: 0 } }));
  });

  test('an agent who supervises nobody is shown no team', async () => {
    await atWork();
    expect(screen.queryByRole('button', { name: 'Team…' })).toBeNull();
  });

  test('logs on with the skills of today', async () => {
    everdial.on('log_on', () => become(states('idle', 'not_ready'), 'logged_on'));
    const user = userEvent.setup();
    await logOn(user, 'Spanish = 7, phone sales = 10');
    await ordered('log_on');
    expect(paramsOf('log_on')).toMatchObject({ skills: { Spanish: 7, 'phone sales': 10 } });
  });

  test('a forced log-off is told, and one can log on again', async () => {
    await atWork();
    everdial.tell({ notice: 'logged_off', reason: 'shift is over', forced: true });
    expect((await screen.findByRole('status')).textContent).toContain('shift is over');
    expect(screen.getByRole('button', { name: 'Log on' })).toBeTruthy();
  });
});
