import { AgentSession, type States } from '@everdial/agent-sdk';
import { FakeEverdial } from '@everdial/agent-sdk/testing';
import { act, screen, waitFor } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { embed, type Workspace } from './embed';

const talking: States = { agent: 'busy', nail: 'nailed', call: 'talking', job: 'attached' };

let everdial: FakeEverdial, session: AgentSession, workspace: Workspace;
beforeEach(async () => {
  everdial = new FakeEverdial();
  everdial.on('get_contact', () => ({ contact: 14, attempt: '3-14-1', phone: '+12125550199', attributes: [{ name: 'First name', value: 'Joan' }] }));
  everdial.on('list_notes', () => ({ items: [] }));
  everdial.on('list_callbacks', () => ({ items: [] }));
  everdial.on('is_on_dnc', () => ({ phone: '+12125550199', on_dnc: false }));
  everdial.on('list_reasons', () => ({ items: [{ code: 'break' }] }));
  session = new AgentSession(everdial.options);
  await session.start();
  workspace = embed(session);
});
afterEach(() => {
  act(() => workspace.close());
  session.close();
  everdial.stop();
  document.body.replaceChildren();
});

function place(id: string): HTMLElement {
  const element = document.createElement('div');
  element.id = id;
  document.body.append(element);
  return element;
}

describe('Widgets', () => {
  test('D_04 work in a page of somebody else, and tell that the server is lost and another goes on', async () => {
    const [strip, call, contact] = [place('strip'), place('call'), place('contact')];
    act(() => {
      workspace.mount('continuity', strip);
      workspace.mount('call', call);
      workspace.mount('contact', contact);
    });
    act(() => {
      everdial.tell({ notice: 'call_offered', attempt: '3-14-1', phone: '+12125550199' });
      everdial.tell({ notice: 'states_changed', states: talking, reason: '' });
    });
    await waitFor(() => expect(call.textContent).toContain('Talking'));
    await screen.findByLabelText('First name');
    expect(contact.querySelector('input')!.value).toBe('Joan');

    const heard: string[] = [];
    session.on('disconnected', ({ server }) => heard.push(`${server} is lost`));
    session.on('resumed', ({ server }) => heard.push(`${server} goes on`));
    everdial.cut();
    await waitFor(() => expect(strip.textContent).toContain('your call goes on'));
    await waitFor(() => expect(strip.textContent).toContain('Connected to fake://as2 · call kept'));
    expect(heard).toEqual(['fake://as1 is lost', 'fake://as2 goes on']);

    await userEvent.click(screen.getByRole('button', { name: 'Hold' }));
    await waitFor(() => expect(everdial.done.map(({ method }) => method)).toContain('hold'));
  });

  test('are taken away one by one, and the session stays', async () => {
    const state = place('state');
    let takeAway = () => {};
    act(() => void (takeAway = workspace.mount('state', state)));
    await waitFor(() => expect(state.textContent).toContain('logged out'));
    act(() => takeAway());
    expect(state.textContent).toBe('');
    expect(session.view.connection).toBe('connected');
    expect(() => workspace.mount('lunch' as never, state)).toThrow("no widget 'lunch'; there are continuity, state, call, contact, script, team");
  });
});
