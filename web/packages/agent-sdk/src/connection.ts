import { AgentError } from './errors.js';
import type { Notice, Told } from './methods.js';
import type { BeginSession, Problem, ResumeSession, ServerBeat, Welcome } from './protocol.js';
import type { OpenSocket, Socket } from './socket.js';

export type Hello = { method: 'begin_session'; params: BeginSession } | { method: 'resume_session'; params: ResumeSession };

export interface ConnectionEvents {
  welcomed(welcome: Welcome): void;
  notWelcome(error: AgentError): void;
  answered(id: string, result: unknown): void;
  refused(id: string, error: AgentError): void;
  told(notice: Notice): void;
  beat(beat: ServerBeat): void;
  news(told: Told): void;
  /** Nothing more comes, and nothing goes out; told once. */
  lost(why: string, code?: number): void;
}

interface Message {
  id?: string | null;
  method?: string;
  params?: object;
  result?: unknown;
  error?: Problem;
}

const helloId = 'hello';
const welcomeWithinMs = 1500;
/** Beats come every 500 ms. */
const silenceMs = 1200;
/** A page that did not run for so long has not listened either: once, it gets time to hear what came meanwhile. */
const stalledMs = 600;
const mostWaiting = 64 * 1024;

/** One socket to one server, from its first message until it is dead, as the server says, the network says, or silence does. */
export class Connection {
  welcome = false;
  private socket?: Socket;
  private over = false;
  private readonly beganAt: number;
  private heardAt: number;
  private tickedAt: number;
  private excused = false;

  constructor(
    openSocket: OpenSocket,
    readonly address: string,
    hello: Hello,
    private readonly events: ConnectionEvents,
    private readonly now: () => number,
  ) {
    this.beganAt = this.heardAt = this.tickedAt = now();
    try {
      this.socket = openSocket(address, {
        opened: () => this.say({ id: helloId, ...hello }),
        said: (text) => this.heard(text),
        closed: (code, reason) => this.end(reason || `closed (${code})`, code),
      });
    } catch (error) {
      // As an event, like any other loss: who makes a connection has it in hand before it is told of.
      queueMicrotask(() => this.end(String(error)));
    }
  }

  /** False: what was said before has not left yet. */
  get flows(): boolean {
    return this.welcome && !this.over && this.socket!.waiting() < mostWaiting;
  }

  say(message: object): void {
    if (!this.over) this.socket?.send(JSON.stringify({ jsonrpc: '2.0', ...message }));
  }

  tick(): void {
    const now = this.now();
    const stalled = now - this.tickedAt > stalledMs;
    this.tickedAt = now;
    if (!this.welcome) {
      if (now - this.beganAt > welcomeWithinMs) this.close('no welcome in time');
    } else if (now - this.heardAt > silenceMs) {
      if (!stalled || this.excused) return this.close('silence');
      this.excused = true;
      this.heardAt = now - silenceMs / 2;
    }
  }

  close(why: string): void {
    const { socket } = this;
    this.end(why);
    socket?.close();
  }

  private end(why: string, code?: number): void {
    if (this.over) return;
    this.over = true;
    this.events.lost(why, code);
  }

  private heard(text: string): void {
    if (this.over) return;
    this.heardAt = this.now();
    this.excused = false;
    let message: Message;
    try {
      message = JSON.parse(text) as Message;
    } catch {
      return this.close('what came was no JSON');
    }
    if (message.method !== undefined) this.notified(message.method, message.params ?? {});
    else if (message.id === helloId) this.greeted(message);
    else if (typeof message.id !== 'string') this.close(`refused: ${message.error?.message ?? 'without an id'}`);
    else if (message.error) this.events.refused(message.id, AgentError.from(message.error));
    else this.events.answered(message.id, message.result);
  }

  private greeted({ error, result }: Message): void {
    if (error) return this.events.notWelcome(AgentError.from(error));
    this.welcome = true;
    this.events.welcomed(result as Welcome);
  }

  private notified(method: string, params: object): void {
    if (method === 'notice') this.events.told(params as Notice);
    else if (method === 'beat') this.events.beat(params as ServerBeat);
    else this.events.news({ method, params } as Told);
  }
}
