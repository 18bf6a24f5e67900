import { Connection, type Hello } from './connection.js';
import { AgentError, errorCodes } from './errors.js';
import { Events } from './events.js';
import type { Commands, News, Notice, Notices, Questions, Told } from './methods.js';
import { NoticeOrder } from './notice_order.js';
import type { Addresses, Answered, LogOn, ManagerNotAvailable, Situation, Welcome } from './protocol.js';
import { Requests } from './requests.js';
import { firstJitterMs, ServerList } from './server_list.js';
import { after, loggedOut } from './situation.js';
import { openWebSocket, type OpenSocket } from './socket.js';

export interface Ticket {
  ticket: string;
  servers?: readonly string[];
}

export interface SessionOptions {
  /** Fetches a ticket for each new session; `fetchTicket` does it with name and password. */
  ticket: () => Promise<Ticket>;
  /** Addresses as wss://as1.example/agent/v1, in order; without them the ticket's are used. */
  servers?: readonly string[];
  /** Keeps a session over a reload of the page: `browserMemory()`, or your own. */
  memory?: Memory;
  /** How long a request waits for its answer, through whatever fails. */
  patienceMs?: number;
  /** A session that cannot go on is followed by a new one, where the agent is logged on as before; else it ends. */
  beginAgain?: boolean;
  openSocket?: OpenSocket;
  now?: () => number;
  random?: () => number;
}

export interface Memory {
  load(): string | null;
  save(text: string | null): void;
}

/** Memory of this browser tab. */
export const browserMemory = (key = 'everdial.agent'): Memory => ({
  load: () => sessionStorage.getItem(key),
  save: (text) => (text === null ? sessionStorage.removeItem(key) : sessionStorage.setItem(key, text)),
});

/** All that there is to show. Never changed: each change makes another. */
export interface AgentView {
  readonly connection: 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'ended';
  readonly server?: string;
  readonly agent?: Welcome['agent'];
  readonly zone?: string;
  readonly situation: Situation;
  readonly addresses: Addresses;
  /** Why commands wait, when the zone's manager is away. */
  readonly managerAway?: ManagerNotAvailable;
  readonly zoneDown?: string;
  readonly continuity: {
    /** Notices that have come, and those lost for good. */
    readonly received: number;
    readonly missed: number;
    /** How often the session went on over another connection, and how long the last gap was. */
    readonly resumed: number;
    readonly lastGapMs?: number;
  };
  /** What was asked and is not answered; trouble: the last "not now". */
  readonly waiting: readonly { readonly id: string; readonly method: string; readonly trouble?: AgentError }[];
  readonly ended?: string;
}

export type SessionEvents = Notices & Omit<News, 'states_wanted' | 'session_ended'> & {
  changed: AgentView;
  /** Every notice, after its own event. */
  notice: Notice;
  /** The connection is lost. The agent stays logged on, calls go on, and the next server is tried. */
  disconnected: { server: string; reason: string };
  /** The session goes on over another connection. */
  resumed: { server: string; gapMs: number };
  /** It could not go on, and another one has begun (`beginAgain`). */
  began_again: { server: string; reason: string };
  missed: { count: number };
  ended: { reason: string };
};

export interface AskOptions {
  patienceMs?: number;
  /** Refuse at once what cannot be sent now, instead of waiting for the connection or the manager. */
  refuseWhenAway?: boolean;
}

type Kept = { token: string; received: number; servers: readonly string[]; logOn?: LogOn | undefined };

/** Its timers may be a minute late: what can be done at once is not left to them. */
const pageIsHidden = () => globalThis.document?.hidden === true;

const tickMs = 50;
const gapPatienceMs = 1000;
const sayStatesPatienceMs = 5000;

/** One agent's session: it outlives connections, servers and reloads. */
export class AgentSession {
  private readonly events = new Events<SessionEvents>();
  private readonly requests = new Requests(() => crypto.randomUUID());
  private readonly now: () => number;
  private readonly patienceMs: number;
  private servers: ServerList;
  private order = new NoticeOrder();
  private connection?: Connection;
  private timer?: ReturnType<typeof setInterval>;
  private token?: string;
  private logOn?: LogOn;
  private welcomed = false;
  /** Why the session before could not go on, until the next has begun. */
  private over?: string;
  private connectAt?: number;
  private lostAt?: number;
  private gapAt?: number;
  private gapRetried = -1;
  private situationAt = 0;
  private serverAhead = 0;
  private begun?: { resolve: () => void; reject: (error: AgentError) => void };
  private present: AgentView;

  constructor(private readonly options: SessionOptions) {
    this.now = options.now ?? (() => performance.now());
    this.patienceMs = options.patienceMs ?? 10_000;
    this.servers = new ServerList(options.servers ?? [], options.random ?? Math.random);
    this.present = {
      connection: 'idle', situation: loggedOut, addresses: { servers: [...this.servers.all] },
      continuity: { received: 0, missed: 0, resumed: 0 }, waiting: [],
    };
  }

  get view(): AgentView {
    return this.present;
  }

  /** The servers' time, for time limits: desktops' clocks are wrong now and then. */
  get serverTime(): number {
    return Date.now() + this.serverAhead;
  }

  on<Name extends keyof SessionEvents>(name: Name, listener: (value: SessionEvents[Name]) => void): () => void {
    return this.events.on(name, listener);
  }

  /** Connects; goes on with the session that the memory holds, if that has not ended. Fails when the ticket is refused. */
  start(): Promise<void> {
    if (this.present.connection !== 'idle') return Promise.reject(new Error('a session starts once; make another'));
    this.recall();
    this.show({ connection: 'connecting' });
    this.connectAt = this.now();
    this.timer = setInterval(() => this.tick(), tickMs);
    return new Promise((resolve, reject) => {
      this.begun = { resolve, reject };
      this.tick();
    });
  }

  /** Does something, once, whatever happens to connection and servers meanwhile; in the order in which it was asked for. */
  command<Name extends keyof Commands>(method: Name, params: Commands[Name], options: AskOptions = {}): Promise<Answered> {
    const answer = this.send<Answered>(method, params, true, options);
    if (method === 'log_on') answer.then(() => this.remember(params as LogOn), () => undefined);
    return answer;
  }

  /** Reads something. */
  ask<Name extends keyof Questions>(method: Name, params: Questions[Name][0], options: AskOptions = {}): Promise<Questions[Name][1]> {
    return this.send(method, params, false, options);
  }

  /** Leaves without logging the agent off. The memory keeps the session for a reload of the page, unless it is to forget it. */
  close({ forget = false } = {}): void {
    if (forget) this.options.memory?.save(null);
    this.end('closed', !forget);
  }

  // ---- requests --------------------------------------------------------------------------------------------------------------

  private send<Answer>(method: string, params: object, changes: boolean, { patienceMs, refuseWhenAway }: AskOptions): Promise<Answer> {
    const { connection, managerAway } = this.present;
    const refusal = connection === 'ended' || connection === 'idle' ? 'there is no session'
      : refuseWhenAway && connection !== 'connected' ? 'no server is connected'
      : refuseWhenAway && changes && managerAway ? 'the manager of the zone is not available'
      : undefined;
    if (refusal) return Promise.reject(new AgentError(errorCodes.not_sent, `'${method}': ${refusal}; it was not done`));
    const answer = this.requests.add<Answer>({ method, params, changes, patienceMs: patienceMs ?? this.patienceMs }, this.now());
    this.flush();
    return answer;
  }

  private flush(): void {
    if (this.connection?.flows)
      for (const { id, method, params } of this.requests.due(this.now(), this.present.managerAway !== undefined))
        this.connection.say({ id, method, params });
    const waiting = this.requests.pending.map(({ id, method, trouble }) => ({ id, method, ...(trouble && { trouble }) }));
    const same = waiting.length === this.present.waiting.length &&
      waiting.every(({ id, trouble }, i) => id === this.present.waiting[i]!.id && trouble === this.present.waiting[i]!.trouble);
    if (!same) this.show({ waiting });
  }

  /** What this desktop believes, for a manager that reconciles. It waits for nothing and nobody waits for it. */
  private sayStates(): void {
    const { states, attempt } = this.present.situation;
    const params = { states, ...(attempt && { attempt }) };
    this.requests.add({ method: 'say_states', params, changes: false, patienceMs: sayStatesPatienceMs }, this.now()).catch(() => undefined);
    this.flush();
  }

  // ---- connections -----------------------------------------------------------------------------------------------------------

  private tick(): void {
    if (this.connectAt !== undefined && this.now() >= this.connectAt) {
      this.connectAt = undefined;
      void this.connect();
    }
    this.connection?.tick();
    if (this.gapAt !== undefined && this.now() - this.gapAt > gapPatienceMs) this.closeGap();
    this.requests.expire(this.now());
    this.flush();
  }

  private async connect(): Promise<void> {
    let hello: Hello;
    if (this.token !== undefined) {
      hello = { method: 'resume_session', params: { token: this.token, received: this.order.received } };
    } else {
      try {
        const { ticket, servers } = await this.options.ticket();
        if (servers) this.servers.push(servers);
        hello = { method: 'begin_session', params: { ticket } };
      } catch (thrown) {
        const error = thrown instanceof AgentError ? thrown : new AgentError(errorCodes.wrong_ticket, String(thrown));
        if (this.over !== undefined && error.error === 'not_sent') return this.lose(error.message);
        return this.end('no ticket', false, error);
      }
    }
    if (this.present.connection === 'ended') return;
    if (this.servers.all.length === 0)
      return this.end('no server', false, new AgentError(errorCodes.not_sent, 'no address of a server is known: give `servers`'));
    const connection: Connection = new Connection(
      this.options.openSocket ?? openWebSocket, this.servers.next(), hello,
      {
        welcomed: (welcome) => this.enter(welcome),
        notWelcome: (error) => this.notWelcome(error),
        answered: (id, result) => this.settle(() => this.requests.answered(id, result)),
        refused: (id, error) => this.settle(() => this.requests.refused(id, error, this.now())),
        told: (notice) => this.deliver(this.order.take(notice)),
        beat: ({ last, at }) => this.beat(last, at),
        news: (told) => this.news(told),
        lost: (why, code) => this.connection === connection && this.lose(why, code),
      },
      this.now,
    );
    this.connection = connection;
  }

  private settle(settled: () => void): void {
    settled();
    this.flush();
  }

  private enter(welcome: Welcome): void {
    const resumed = this.token !== undefined;
    const goesOn = resumed && this.welcomed;
    const gapMs = this.lostAt === undefined ? undefined : Math.round(this.now() - this.lostAt);
    this.token = welcome.token;
    this.servers.connected();
    this.servers.push(welcome.addresses.servers);
    const lost = this.order.begin(welcome.oldest);
    this.gapAt = undefined;
    this.situationAt = welcome.last;
    const { continuity } = this.present;
    this.show({
      connection: 'connected', server: welcome.server, agent: welcome.agent, zone: welcome.zone, situation: welcome.situation,
      addresses: welcome.addresses, managerAway: welcome.manager_not_available, zoneDown: undefined,
      continuity: {
        ...continuity, received: this.order.received, missed: this.order.missed, resumed: continuity.resumed + (goesOn ? 1 : 0),
        ...(gapMs !== undefined && { lastGapMs: gapMs }),
      },
    });
    this.welcomed = true;
    this.lostAt = undefined;
    this.keep();
    if (lost > 0) this.events.emit('missed', { count: lost });
    this.begun?.resolve();
    this.begun = undefined;
    if (goesOn) this.events.emit('resumed', { server: welcome.server, gapMs: gapMs ?? 0 });
    if (resumed) this.sayStates();
    else this.flush();
    if (this.over !== undefined) this.beganAgain(welcome);
  }

  private beganAgain({ server, situation }: Welcome): void {
    const reason = this.over!;
    this.over = undefined;
    this.events.emit('began_again', { server, reason });
    if (!this.logOn || situation.states.agent !== 'logged_out') return;
    // Not by force: whoever has logged on elsewhere meanwhile stays there.
    this.command('log_on', { ...this.logOn, forced: false }).catch((error: AgentError) => this.end(error.message, false, error));
  }

  private notWelcome(error: AgentError): void {
    if (error.code === errorCodes.wrong_token && (!this.welcomed || this.options.beginAgain)) {
      this.startOver(error.message);
    } else if (error.code === errorCodes.wrong_token || error.code === errorCodes.wrong_ticket || !error.notNow) {
      this.end(error.message, false, error);
    } else {
      this.connection?.close(error.message);
    }
  }

  /** The session, or what the memory held of one, is over. */
  private startOver(why: string): void {
    const { missed } = this.order;
    this.token = undefined;
    this.order = new NoticeOrder();
    this.order.missed = missed;
    if (this.options.beginAgain) this.over = why;
    if (this.welcomed) {
      // What was asked for there is not asked for here.
      this.requests.endAll(why);
      this.show({ situation: loggedOut });
    }
    this.connection?.close(why);
  }

  private lose(why: string, code?: number): void {
    const { connection, server } = this.present;
    this.connection = undefined;
    this.requests.connectionLost();
    if (code === 4001 || code === 4009) return this.end(code === 4001 ? why : 'the session goes on at another desktop', false);
    this.lostAt ??= this.welcomed ? this.now() : undefined;
    const pause = this.servers.pauseMs();
    this.connectAt = this.now() + (pageIsHidden() && pause <= firstJitterMs ? 0 : pause);
    this.show({ connection: this.welcomed ? 'reconnecting' : 'connecting', server: undefined });
    if (connection === 'connected') this.events.emit('disconnected', { server: server!, reason: why });
    this.tick();
  }

  private end(reason: string, resumable: boolean, error?: AgentError): void {
    if (this.present.connection === 'ended') return;
    clearInterval(this.timer);
    this.connectAt = undefined;
    if (!resumable) this.options.memory?.save(null);
    this.show({ connection: 'ended', server: undefined, ended: reason, waiting: [] });
    const { connection } = this;
    this.connection = undefined;
    connection?.close(reason);
    this.requests.endAll(reason);
    this.begun?.reject(error ?? new AgentError(errorCodes.session_ended, reason));
    this.begun = undefined;
    this.events.emit('ended', { reason });
  }

  // ---- what comes ------------------------------------------------------------------------------------------------------------

  private deliver(notices: Notice[]): void {
    for (const notice of notices) {
      if (notice.notice === 'logged_off') this.logOn = undefined;
      if (notice.number > this.situationAt) this.present = { ...this.present, situation: after(this.present.situation, notice) };
      this.events.emit(notice.notice, notice as never);
      this.events.emit('notice', notice);
    }
    if (!this.order.gap) this.gapAt = undefined;
    else this.gapAt ??= this.now();
    if (notices.length === 0) return;
    this.showContinuity();
    this.keep();
  }

  private showContinuity(): void {
    this.show({ continuity: { ...this.present.continuity, received: this.order.received, missed: this.order.missed } });
  }

  private beat(last: number, at: string): void {
    this.serverAhead = Date.parse(at) - Date.now();
    this.order.heard(last);
    this.deliver([]);
    this.connection?.say({ method: 'beat', params: { received: this.order.received } });
    this.tick();
  }

  /** Notices are missing though later ones are here: another connection brings them; if not, they are lost. */
  private closeGap(): void {
    this.gapAt = undefined;
    if (this.gapRetried !== this.order.received) {
      this.gapRetried = this.order.received;
      return this.connection?.close('notices are missing');
    }
    const missedBefore = this.order.missed;
    this.deliver(this.order.skipGap());
    this.showContinuity();
    this.events.emit('missed', { count: this.order.missed - missedBefore });
  }

  private news(told: Told): void {
    switch (told.method) {
      case 'states_wanted':
        return this.sayStates();
      case 'session_ended':
        return this.end(told.params.reason, false);
      case 'manager_not_available':
        this.show({ managerAway: told.params });
        break;
      case 'manager_available':
        this.show({ managerAway: undefined, zoneDown: undefined });
        this.flush();
        break;
      case 'zone_down':
        this.show({ zoneDown: told.params.reason });
        break;
      case 'addresses':
        this.servers.push(told.params.servers);
        this.show({ addresses: told.params });
        this.keep();
        break;
      default:
        return; // of a later version
    }
    this.events.emit(told.method, told.params as never);
  }

  // ---- what is shown and kept ------------------------------------------------------------------------------------------------

  private show(change: Partial<AgentView>): void {
    this.present = { ...this.present, ...change };
    this.events.emit('changed', this.present);
  }

  private remember(logOn: LogOn): void {
    this.logOn = logOn;
    this.keep();
  }

  private keep(): void {
    if (this.token === undefined || this.present.connection === 'ended') return;
    const kept: Kept = { token: this.token, received: this.order.received, servers: this.servers.all, logOn: this.logOn };
    this.options.memory?.save(JSON.stringify(kept));
  }

  private recall(): void {
    try {
      const kept = JSON.parse(this.options.memory?.load() ?? 'null') as Kept | null;
      if (!kept) return;
      this.token = kept.token;
      this.logOn = kept.logOn;
      this.order = new NoticeOrder(kept.received);
      this.servers.push(kept.servers);
    } catch {
      this.options.memory?.save(null); // not ours
    }
  }
}
