// @vitest-environment node
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { WebSocketServer, type WebSocket as ServerSocket } from 'ws';
import type { SessionEvents } from './session.js';
import { AgentSession, subprotocol, type Memory, type SessionOptions } from './index.js';
import { FakeEverdial, refusal } from './testing.js';

/** A real server of WebSockets on the way to the fake. */
class Server {
  readonly sockets = new Set<ServerSocket>();

  private constructor(
    private readonly listener: WebSocketServer,
    readonly address: string,
  ) {}

  static async start(everdial: FakeEverdial, port = 0): Promise<Server> {
    const handleProtocols = (offered: Set<string>) => (offered.has(subprotocol) ? subprotocol : false);
    const listener = new WebSocketServer({ host: '127.0.0.1', port, handleProtocols });
    await once(listener, 'listening');
    const server = new Server(listener, `ws://127.0.0.1:${(listener.address() as AddressInfo).port}`);
    listener.on('connection', (socket) => {
      server.sockets.add(socket);
      const end = (code: number) => (code === 1006 ? socket.terminate() : socket.close(code));
      const connection = everdial.connect(server.address, (text) => socket.send(text), end);
      socket.on('message', (data: Buffer) => connection.heard(data.toString()));
      socket.on('close', () => connection.gone());
    });
    return server;
  }

  /** As with kill -9: connections reset, then refused. */
  kill(): void {
    for (const socket of this.sockets) socket.terminate();
    this.listener.close();
  }
}

const running: (() => void)[] = [];
afterEach(() => running.splice(0).forEach((stop) => stop()));

async function system(options: Partial<SessionOptions> = {}) {
  const everdial = new FakeEverdial();
  const servers = [await Server.start(everdial), await Server.start(everdial)];
  everdial.addresses = { servers: servers.map(({ address }) => address) };
  const begin = (more: Partial<SessionOptions> = {}) => {
    const session = new AgentSession({ ...everdial.options, openSocket: undefined, ...options, ...more });
    running.push(() => session.close());
    return session;
  };
  running.push(() => (everdial.stop(), servers.forEach((server) => server.kill())));
  return { everdial, servers, session: begin(), begin };
}

const ready = { agent: 'ready', nail: 'nailed', call: 'idle', job: 'attached' } as const;
const talking = { agent: 'busy', nail: 'nailed', call: 'talking', job: 'attached' } as const;
const wait = (condition: () => void) => vi.waitFor(condition, { timeout: 5000, interval: 5 });
const connectedAgain = (session: AgentSession, resumed = 1) =>
  wait(() => expect(session.view).toMatchObject({ connection: 'connected', continuity: { resumed } }));

function heard<Name extends keyof SessionEvents>(session: AgentSession, name: Name): SessionEvents[Name][] {
  const all: SessionEvents[Name][] = [];
  session.on(name, (value) => all.push(value));
  return all;
}

describe('AgentSession', () => {
  test('begins with a ticket, does what is asked, and shows what it is told', async () => {
    const { everdial, session } = await system();
    everdial.on('log_on', () => {
      everdial.tell({ notice: 'states_changed', states: { ...ready, agent: 'not_ready' }, reason: 'logged_on' });
      return { states: everdial.situation.states };
    });
    const offered = heard(session, 'call_offered');
    await session.start();
    const { states } = await session.command('log_on', { phone: '+12125550100' });
    expect(states.agent).toBe('not_ready');
    everdial.tell({ notice: 'call_offered', attempt: '3-14-1', phone: '+12125550199' });
    everdial.tell({ notice: 'states_changed', states: talking, reason: '' });
    await wait(() => expect(session.view.situation).toMatchObject({ states: talking, attempt: '3-14-1', phone: '+12125550199' }));
    expect(offered).toMatchObject([{ number: 2, attempt: '3-14-1' }]);
    expect(session.view).toMatchObject({ agent: { name: 'Ann Baker' }, continuity: { received: 3, missed: 0, resumed: 0 } });
    await wait(() => expect(everdial.taken).toBe(3));
  });

  test('shows the newest reason for being not ready, and keeps it while only the line changes', async () => {
    const { everdial, session } = await system();
    const away = { ...ready, agent: 'not_ready' } as const;
    await session.start();
    const shows = (reason: string) => wait(() => expect(session.view.situation.reason).toBe(reason));
    everdial.tell({ notice: 'states_changed', states: away, reason: 'lunch' });
    await shows('lunch');
    everdial.tell({ notice: 'states_changed', states: away, reason: 'meeting' });
    await shows('meeting');
    everdial.tell({ notice: 'states_changed', states: { ...away, nail: 'not_nailed' }, reason: 'line_lost' });
    await wait(() => expect(session.view.situation.states.nail).toBe('not_nailed'));
    expect(session.view.situation.reason).toBe('meeting');
  });

  test('D_04 a server dies: within 2 s the session goes on at the other, the agent still logged on, no event missed', async () => {
    const { everdial, servers, session } = await system();
    await session.start();
    everdial.tell({ notice: 'states_changed', states: talking, reason: '' });
    await wait(() => expect(session.view.situation.states).toEqual(talking));
    const [lost, resumed] = [heard(session, 'disconnected'), heard(session, 'resumed')];
    const before = Date.now();
    servers[0]!.kill();
    everdial.happen({ notice: 'time_limit', at: '2030-01-01T00:00:00.000Z', extensions_left: 2 });
    await connectedAgain(session);
    expect(Date.now() - before).toBeLessThan(2000);
    expect(everdial.connectedTo).toBe(servers[1]!.address);
    await wait(() => expect(session.view.continuity).toMatchObject({ received: 2, missed: 0 }));
    expect(session.view.situation).toMatchObject({ states: talking, extensions_left: 2 });
    await wait(() => expect(everdial.done.map(({ method }) => method)).toEqual(['say_states']));
    expect(everdial.done[0]!.params).toEqual({ states: talking });
    expect(lost).toMatchObject([{ server: servers[0]!.address }]);
    expect(resumed).toEqual([{ server: servers[1]!.address, gapMs: session.view.continuity.lastGapMs }]);
  });

  test('D_04 a page in the background, whose timers are late, goes on at once', async () => {
    vi.stubGlobal('document', { hidden: true });
    running.push(() => void vi.unstubAllGlobals());
    const { servers, session } = await system({ random: () => 1 });
    await session.start();
    servers[0]!.kill();
    await connectedAgain(session);
    expect(session.view.continuity.lastGapMs).toBeLessThan(100);
  });

  test('D_04 a connection that stands but carries nothing is left within 2 s', async () => {
    const { everdial, servers, session } = await system();
    await session.start();
    const before = Date.now();
    everdial.freeze();
    await connectedAgain(session);
    expect(Date.now() - before).toBeLessThan(2000);
    expect(everdial.connectedTo).toBe(servers[1]!.address);
  });

  test('D_04 a page that did not run for a while has not lost its connection', async () => {
    let stalled = 0;
    const { session } = await system({ now: () => performance.now() + stalled });
    await session.start();
    stalled = 3000;
    const { serverTime } = session;
    await wait(() => expect(session.serverTime - serverTime).toBeGreaterThan(1500));
    expect(session.view).toMatchObject({ connection: 'connected', continuity: { resumed: 0 } });
  });

  test('A_04 a command whose answer was lost is done once, and answered', async () => {
    const { everdial, session } = await system();
    everdial.on('hold', () => {
      everdial.cut();
      return { states: { ...talking, call: 'held' } };
    });
    await session.start();
    expect((await session.command('hold', {})).states.call).toBe('held');
    expect(everdial.done.filter(({ method }) => method === 'hold')).toHaveLength(1);
    expect(everdial.repeated).toBe(1);
  });

  test('A_04 what is asked for without a connection waits, and is done in order', async () => {
    const { everdial, servers, session } = await system();
    await session.start();
    servers[0]!.kill();
    await wait(() => expect(session.view.connection).toBe('reconnecting'));
    const [hold, release] = [session.command('hold', {}), session.command('release', {})];
    expect(session.view.waiting.map(({ method }) => method)).toEqual(['hold', 'release']);
    await expect(session.command('ready', {}, { refuseWhenAway: true })).rejects.toMatchObject({ error: 'not_sent' });
    await Promise.all([hold, release]);
    expect(everdial.done.map(({ method }) => method).filter((method) => method !== 'say_states')).toEqual(['hold', 'release']);
    expect(session.view.waiting).toEqual([]);
  });

  test('A_04 what waits too long is refused clearly and never done', async () => {
    const { everdial, servers, session } = await system();
    await session.start();
    servers.forEach((server) => server.kill());
    await wait(() => expect(session.view.connection).toBe('reconnecting'));
    await expect(session.command('hold', {}, { patienceMs: 200 })).rejects.toMatchObject({ error: 'not_sent' });
    running.push(((again) => () => void again.then((server) => server.kill()))(Server.start(everdial, Number(new URL(servers[0]!.address).port))));
    await connectedAgain(session);
    expect(everdial.done.filter(({ method }) => method === 'hold')).toEqual([]);
  });

  test('A_03 tells that the manager is away, why and for how long; commands wait for its return', async () => {
    const { everdial, session } = await system();
    const [away, back] = [heard(session, 'manager_not_available'), heard(session, 'manager_available')];
    await session.start();
    const why = { zone: 'default', reason: 'failed', expected_wait_ms: 500 } as const;
    everdial.news('manager_not_available', why);
    await wait(() => expect(session.view.managerAway).toEqual(why));
    const hold = session.command('hold', {});
    await expect(session.command('ready', {}, { refuseWhenAway: true })).rejects.toMatchObject({ error: 'not_sent' });
    everdial.news('states_wanted', {});
    await wait(() => expect(everdial.done.map(({ method }) => method)).toEqual(['say_states']));
    everdial.news('manager_available', { zone: 'default', away_ms: 480 });
    await hold;
    expect([away, back]).toMatchObject([[why], [{ away_ms: 480 }]]);
    expect(session.view.managerAway).toBeUndefined();
  });

  test('A_03 a session that resumes learns that the manager is away', async () => {
    const { everdial, servers, session } = await system();
    await session.start();
    everdial.freeze();
    everdial.news('manager_not_available', { zone: 'default', reason: 'failed', expected_wait_ms: 500 });
    servers[0]!.kill();
    await connectedAgain(session);
    expect(session.view.managerAway).toMatchObject({ reason: 'failed' });
  });

  test('F_03 commands that meet 9007 are asked again, visibly', async () => {
    const { everdial, session } = await system();
    let broken = true;
    everdial.on('hold', () => (broken ? refusal('call_control_not_available', 'System error, check media server') : undefined));
    await session.start();
    const hold = session.command('hold', {});
    await wait(() => expect(session.view.waiting[0]?.trouble?.code).toBe(9007));
    broken = false;
    await hold;
    expect(everdial.done.filter(({ method }) => method === 'hold')).toHaveLength(1);
  });

  test('a refusal has code, name and text', async () => {
    const { everdial, session } = await system();
    everdial.on('hold', () => refusal('wrong_call_state', "'hold': the call is idle, and must be talking"));
    await session.start();
    await expect(session.command('hold', {})).rejects.toMatchObject({ code: 9105, error: 'wrong_call_state', message: expect.stringMatching(/must be talking/) as string });
  });

  test('D_04 notices that come twice or out of order are told once and in order', async () => {
    const { everdial, session } = await system();
    const notices = heard(session, 'notice');
    await session.start();
    for (const number of [2, 1, 1, 3]) everdial.say('notice', { number, notice: 'contact_changed', contact: number });
    await wait(() => expect(notices.map(({ number }) => number)).toEqual([1, 2, 3]));
    expect(session.view.continuity).toMatchObject({ received: 3, missed: 0 });
  });

  test('D_04 a notice that got lost on the way is fetched over another connection', async () => {
    const { everdial, session } = await system();
    const notices = heard(session, 'notice');
    await session.start();
    everdial.happen({ notice: 'contact_changed', contact: 1 });
    everdial.tell({ notice: 'contact_changed', contact: 2 });
    await connectedAgain(session);
    await wait(() => expect(notices.map(({ number }) => number)).toEqual([1, 2]));
    expect(session.view.continuity.missed).toBe(0);
  });

  test('D_04 what no server has any more is counted, and the situation is what the server says', async () => {
    const { everdial, servers, session } = await system();
    const missed = heard(session, 'missed');
    await session.start();
    everdial.tell({ notice: 'states_changed', states: ready, reason: '' });
    await wait(() => expect(session.view.continuity.received).toBe(1));
    everdial.happen({ notice: 'states_changed', states: talking, reason: '' });
    everdial.happen({ notice: 'contact_changed', contact: 5 });
    everdial.forgotten = 2;
    servers[0]!.kill();
    await connectedAgain(session);
    expect(missed).toEqual([{ count: 1 }]);
    await wait(() => expect(session.view.continuity).toMatchObject({ received: 3, missed: 1 }));
    expect(session.view.situation.states).toEqual(talking);
  });

  test('a wrong ticket fails the start, and nothing is tried again', async () => {
    const { everdial, session } = await system({ ticket: async () => ({ ticket: 'stolen' }) });
    await expect(session.start()).rejects.toMatchObject({ error: 'wrong_ticket' });
    expect(session.view).toMatchObject({ connection: 'ended', ended: 'unknown, or too old' });
    expect(everdial.connectedTo).toBeUndefined();
    await expect(session.command('ready', {})).rejects.toMatchObject({ error: 'not_sent' });
  });

  test('a session that has ended meanwhile ends here, and says what became of its commands', async () => {
    const { everdial, servers, session } = await system();
    const ended = heard(session, 'ended');
    await session.start();
    everdial.tokens.clear();
    servers[0]!.kill();
    await wait(() => expect(session.view.connection).toBe('reconnecting'));
    await expect(session.command('hold', {})).rejects.toMatchObject({ error: 'not_sent' });
    expect(ended).toEqual([{ reason: 'unknown, or too old' }]);
  });

  test('D_04 a session that cannot go on is followed by another, where the agent is logged on as before', async () => {
    const { everdial, servers, session } = await system({ beginAgain: true });
    const [lost, again, ended] = [heard(session, 'disconnected'), heard(session, 'began_again'), heard(session, 'ended')];
    everdial.on('log_on', () => {
      everdial.tell({ notice: 'states_changed', states: { ...ready, agent: 'not_ready' }, reason: 'logged_on' });
      return { states: everdial.situation.states };
    });
    await session.start();
    await session.command('log_on', { phone: 'sip:ann@phones.example', forced: true });
    everdial.tokens.clear();
    everdial.tickets.add('ticket-2');
    everdial.situation = { states: { agent: 'logged_out', nail: 'not_nailed', call: 'idle', job: 'detached' } };
    servers[0]!.kill();
    await wait(() => expect(everdial.done.filter(({ method }) => method === 'log_on')).toHaveLength(2));
    await wait(() => expect(session.view.situation.states.agent).toBe('not_ready'));
    expect(everdial.done.at(-1)).toMatchObject({ method: 'log_on', params: { phone: 'sip:ann@phones.example', forced: false } });
    expect([lost, again, ended]).toMatchObject([[{ server: servers[0]!.address }], [{ server: servers[1]!.address, reason: 'unknown, or too old' }], []]);
    expect(session.view.continuity).toMatchObject({ resumed: 0, missed: 0 });
  });

  test('D_04 an agent who works elsewhere meanwhile stays there', async () => {
    const { everdial, servers, session } = await system({ beginAgain: true });
    await session.start();
    await session.command('log_on', { phone: '+12125550100' });
    everdial.tokens.clear();
    everdial.tickets.add('ticket-2');
    everdial.on('log_on', () => refusal('already_logged_on', 'logged on at another desktop'));
    everdial.situation = { states: { agent: 'logged_out', nail: 'not_nailed', call: 'idle', job: 'detached' } };
    servers[0]!.kill();
    await wait(() => expect(session.view).toMatchObject({ connection: 'ended', ended: 'logged on at another desktop' }));
  });

  test('another desktop takes the agent over', async () => {
    const { everdial, session } = await system();
    await session.start();
    everdial.news('session_ended', { reason: 'logged on elsewhere' });
    await wait(() => expect(session.view).toMatchObject({ connection: 'ended', ended: 'logged on elsewhere' }));
  });

  test('D_04 goes on after a reload, with the notices that came meanwhile', async () => {
    let kept: string | null = null;
    const memory: Memory = { load: () => kept, save: (text) => (kept = text) };
    const { everdial, begin } = await system({ memory });
    const before = begin();
    await before.start();
    everdial.tell({ notice: 'states_changed', states: talking, reason: '' });
    await wait(() => expect(before.view.continuity.received).toBe(1));
    before.close();
    await wait(() => expect(everdial.connectedTo).toBeUndefined());
    everdial.happen({ notice: 'contact_changed', contact: 5 });
    const after = begin();
    await after.start();
    await wait(() => expect(after.view.continuity).toMatchObject({ received: 2, missed: 0 }));
    expect(after.view.situation.states).toEqual(talking);
    expect(kept).toContain('token-1');
  });

  test('a memory of a session that is over, or of something else, is no obstacle', async () => {
    for (const old of ['{"token":"old","received":9,"servers":[]}', '{{']) {
      const { session } = await system({ memory: { load: () => old, save: () => undefined } });
      await session.start();
      expect(session.view).toMatchObject({ connection: 'connected', continuity: { received: 0, missed: 0 } });
    }
  });

  test('A_18 takes servers and script pages that are pushed', async () => {
    const { everdial, servers, session } = await system();
    await session.start();
    const third = await Server.start(everdial);
    running.push(() => third.kill());
    const scripts = { primary: 'https://scripts.example/1', auxiliary: 'https://spare.example/1' };
    everdial.news('addresses', { servers: [third.address], scripts });
    await wait(() => expect(session.view.addresses.scripts).toEqual(scripts));
    servers.forEach((server) => server.kill());
    await connectedAgain(session);
    expect(everdial.connectedTo).toBe(third.address);
  });

  test('what is no JSON-RPC costs the connection, not the session', async () => {
    const { servers, session } = await system();
    await session.start();
    for (const socket of servers[0]!.sockets) socket.send('nonsense');
    await connectedAgain(session);
    for (const socket of servers[1]!.sockets) socket.send('{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}');
    await connectedAgain(session, 2);
  });

  test('a listener that fails keeps nothing from the others', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { everdial, session } = await system();
    session.on('contact_changed', () => {
      throw new Error('a bug of a widget');
    });
    const notices = heard(session, 'notice');
    await session.start();
    everdial.tell({ notice: 'contact_changed', contact: 1 });
    await wait(() => expect(notices).toHaveLength(1));
    expect(said).toHaveBeenCalledOnce();
    said.mockRestore();
  });
});
