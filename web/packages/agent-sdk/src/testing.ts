import { AgentError, errorCodes, type ErrorName } from './errors.js';
import type { News, Notice, Notices } from './methods.js';
import type { Addresses, ManagerNotAvailable, Situation } from './protocol.js';
import { after, loggedOut } from './situation.js';
import type { OpenSocket } from './socket.js';

export interface FakeConnection {
  heard(text: string): void;
  gone(): void;
}

interface Wire {
  server: string;
  say(text: string): void;
  cut(code: number): void;
  received: number;
}

interface Done {
  id: string;
  method: string;
  params: Record<string, unknown>;
}

type Handler = (params: never) => object | AgentError | undefined;
type Told<Name extends keyof Notices> = { notice: Name } & Notices[Name];

/**
 * Everdial as a desktop sees it, for tests of desktops: one agent, some servers with one record, and all that can go wrong between
 * them. What it answers is what `on` says; a command without a handler is done and changes nothing.
 */
export class FakeEverdial {
  /** Requests that were carried out, each once. */
  readonly done: Done[] = [];
  /** How often a request with an id that was done before has come. */
  repeated = 0;
  situation: Situation = loggedOut;
  supervisor = false;
  tokens = new Set<string>();
  tickets = new Set(['ticket-1']);
  /** Servers that take no connection. */
  readonly dead = new Set<string>();
  /** Notices that are no longer kept. */
  forgotten = 0;
  private readonly answers = new Map<string, object>();
  private readonly handlers = new Map<string, Handler>();
  private readonly notices: Notice[] = [];
  private wire?: Wire;
  private away?: ManagerNotAvailable;
  private silent = false;
  private readonly beats: ReturnType<typeof setInterval>;

  constructor(public addresses: Addresses = { servers: ['fake://as1', 'fake://as2'] }) {
    this.beats = setInterval(() => this.beat(), 500);
  }

  /** Options of a session that talks to this instead of a network. */
  get options() {
    return { servers: this.addresses.servers, ticket: async () => ({ ticket: [...this.tickets][0] ?? 'none' }), openSocket: this.openSocket };
  }

  stop(): void {
    clearInterval(this.beats);
    this.cut();
  }

  get connectedTo(): string | undefined {
    return this.wire?.server;
  }

  /** Up to this notice the desktop says that it has all. */
  get taken(): number {
    return this.wire?.received ?? 0;
  }

  on(method: string, handler: Handler): void {
    this.handlers.set(method, handler);
  }

  /** Changes the record and tells it, if somebody is connected. */
  tell<Name extends keyof Notices>(told: Told<Name>): void {
    const notice = { ...told, number: this.notices.length + 1 } as unknown as Notice;
    this.notices.push(notice);
    this.situation = after(this.situation, notice);
    this.say('notice', notice);
  }

  /** Sends what no server should: a number twice, or out of order. */
  say(method: string, params: object): void {
    if (!this.silent) this.wire?.say(JSON.stringify({ jsonrpc: '2.0', method, params }));
  }

  /** Changes the record only; a later connection tells it. */
  happen<Name extends keyof Notices>(told: Told<Name>): void {
    const { wire } = this;
    this.wire = undefined;
    this.tell(told);
    this.wire = wire;
  }

  news<Name extends keyof News>(name: Name, params: News[Name]): void {
    if (name === 'manager_not_available') this.away = params as ManagerNotAvailable;
    if (name === 'manager_available') this.away = undefined;
    this.say(name, params);
  }

  cut(code = 1006): void {
    const { wire } = this;
    this.wire = undefined;
    wire?.cut(code);
  }

  /** Half open: the connection stands and nothing passes. */
  freeze(): void {
    this.silent = true;
  }

  /** A server takes a connection: what it hears and says. */
  connect(server: string, say: (text: string) => void, cut: (code: number) => void): FakeConnection {
    const wire: Wire = { server, say, cut, received: 0 };
    return {
      heard: (text) => this.heard(wire, JSON.parse(text) as Done),
      gone: () => {
        if (this.wire === wire) this.wire = undefined;
      },
    };
  }

  readonly openSocket: OpenSocket = (address, { opened, said, closed }) => {
    let open = true;
    const close = (code: number) => {
      if (!open) return;
      open = false;
      queueMicrotask(() => closed(code, ''));
    };
    const connection = this.connect(address, (text) => queueMicrotask(() => open && said(text)), close);
    queueMicrotask(() => (this.dead.has(address) ? close(1006) : opened()));
    return {
      send: (text) => {
        if (open) queueMicrotask(() => connection.heard(text));
      },
      close: (code = 1000) => {
        connection.gone();
        close(code);
      },
      waiting: () => 0,
    };
  };

  private beat(): void {
    this.say('beat', { last: this.notices.length, at: new Date().toISOString() });
  }

  private heard(wire: Wire, { id, method, params }: Done): void {
    if (method === 'beat') {
      wire.received = params['received'] as number;
      return;
    }
    const answer = (message: object) => {
      if (wire !== this.wire || !this.silent) wire.say(JSON.stringify({ jsonrpc: '2.0', id, ...message }));
    };
    if (method === 'begin_session' || method === 'resume_session') return this.greet(wire, method, params, answer);
    if (wire !== this.wire || this.silent) return;
    const before = this.answers.get(id);
    if (before) {
      this.repeated++;
      return answer(before);
    }
    const given = this.carryOut(method, params);
    if (given instanceof AgentError) return answer(refused(given));
    this.answers.set(id, { result: given });
    this.done.push({ id, method, params });
    answer({ result: given });
  }

  private carryOut(method: string, params: Record<string, unknown>): object {
    if (this.away && method !== 'say_states' && !/^(get|list|is|explain)_/.test(method)) return refusal('manager_not_available');
    return this.handlers.get(method)?.(params as never) ?? { states: this.situation.states };
  }

  private greet(wire: Wire, method: string, params: Record<string, unknown>, answer: (message: object) => void): void {
    const begins = method === 'begin_session';
    const known = begins ? this.tickets.delete(params['ticket'] as string) : this.tokens.has(params['token'] as string);
    if (!known) return answer(refused(refusal(begins ? 'wrong_ticket' : 'wrong_token', 'unknown, or too old')));
    if (begins) {
      // Each session's notices begin at 1.
      this.notices.length = this.forgotten = 0;
    }
    const token = begins ? `token-${this.tokens.size + 1}` : (params['token'] as string);
    this.tokens.add(token);
    const older = this.wire;
    this.wire = wire;
    this.silent = false;
    older?.cut(4009);
    answer({
      result: {
        token, server: wire.server, agent: { id: 7, login: 'ann', name: 'Ann Baker', ...(this.supervisor && { supervisor: true }) }, zone: 'default', last: this.notices.length,
        oldest: this.forgotten + 1, situation: this.situation, addresses: this.addresses,
        ...(this.away && { manager_not_available: this.away }),
      },
    });
    const received = Math.max(this.forgotten, begins ? 0 : (params['received'] as number));
    for (const notice of this.notices.slice(received)) this.say('notice', notice);
  }
}

const refused = ({ code, message }: AgentError) => ({ error: { code, message } });

/** A handler's way to refuse. */
export const refusal = (name: ErrorName, message: string = name): AgentError => new AgentError(errorCodes[name], message);
