import { AgentError, errorCodes } from './errors.js';

export interface Pending {
  readonly id: string;
  readonly method: string;
  readonly params: object;
  /** The last "not now". */
  readonly trouble?: AgentError;
}

interface Entry extends Pending {
  /** Changes something: done in order, one after the other. */
  readonly changes: boolean;
  readonly until: number;
  trouble?: AgentError;
  /** Sent over the present connection, not answered. */
  underWay: boolean;
  /** Was sent and may have been done. */
  unsure: boolean;
  notBefore: number;
  resolve: (result: never) => void;
  reject: (error: AgentError) => void;
}

export interface Asked {
  method: string;
  params: object;
  changes: boolean;
  patienceMs: number;
}

const retryAfterMs = 250;

/**
 * What was asked and is not answered, whatever happens to connections meanwhile. Knows no socket: says what may be sent now. A command
 * keeps its id however often it is sent, and the next one waits for its answer, so nothing is done twice or in another order.
 */
export class Requests {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly makeId: () => string,
    private readonly most = 64,
  ) {}

  get pending(): readonly Pending[] {
    return [...this.entries.values()].map(({ id, method, params, trouble }) => ({ id, method, params, ...(trouble && { trouble }) }));
  }

  add<Answer>({ method, params, changes, patienceMs }: Asked, now: number): Promise<Answer> {
    if (this.entries.size >= this.most)
      return Promise.reject(new AgentError(errorCodes.too_many_waiting, `'${method}': ${this.most} requests wait already; try again later`));
    return new Promise((resolve, reject) => {
      const id = this.makeId();
      this.entries.set(id, {
        id, method, params, changes, until: now + patienceMs, underWay: false, unsure: false, notBefore: now, resolve, reject,
      });
    });
  }

  /** What may be sent now, in order; it counts as sent. While commands are held, what is under way stays so. */
  due(now: number, hold: boolean): Pending[] {
    const due: Entry[] = [];
    let first = true;
    for (const entry of this.entries.values()) {
      const itsTurn = !entry.changes || (first && !hold);
      if (entry.changes) first = false;
      if (itsTurn && !entry.underWay && entry.notBefore <= now) due.push(entry);
    }
    for (const entry of due) entry.underWay = entry.unsure = true;
    return due;
  }

  /** The answers of what was under way will not come. */
  connectionLost(): void {
    for (const entry of this.entries.values()) entry.underWay = false;
  }

  answered(id: string, result: unknown): void {
    const entry = this.take(id);
    entry?.resolve(result as never);
  }

  refused(id: string, error: AgentError, now: number): void {
    const entry = this.entries.get(id);
    if (!entry) return;
    if (!error.notNow) return this.take(id)!.reject(error);
    entry.trouble = error;
    entry.underWay = entry.unsure = false;
    entry.notBefore = now + (error.retryAfterMs ?? retryAfterMs);
  }

  /** Gives up what has waited long enough. */
  expire(now: number): void {
    for (const { id, until } of [...this.entries.values()]) if (until <= now) this.giveUp(id, 'no answer in time');
  }

  endAll(why: string): void {
    for (const id of [...this.entries.keys()]) this.giveUp(id, why);
  }

  private giveUp(id: string, why: string): void {
    const { method, unsure, trouble, reject } = this.take(id)!;
    if (unsure) reject(new AgentError(errorCodes.unsure, `'${method}': ${why}; it may have been done: look at your state`));
    else reject(trouble ?? new AgentError(errorCodes.not_sent, `'${method}': ${why}; it was not done`));
  }

  private take(id: string): Entry | undefined {
    const entry = this.entries.get(id);
    this.entries.delete(id);
    return entry;
  }
}
