import type { Notice } from './methods.js';

/** Brings notices into the order of their numbers, each once, and counts what is lost. */
export class NoticeOrder {
  /** Up to this number all have been delivered, or are lost for good. */
  received: number;
  /** Numbers that no server had any more. */
  missed = 0;
  private readonly early = new Map<number, Notice>();
  private told = 0;

  constructor(received = 0) {
    this.received = received;
  }

  /** What can be delivered now. */
  take(notice: Notice): Notice[] {
    if (notice.number > this.received) this.early.set(notice.number, notice);
    return this.inOrder();
  }

  /** The server says that it has sent all up to `last`. */
  heard(last: number): void {
    this.told = Math.max(this.told, last);
  }

  /** Something between what has come is not here. */
  get gap(): boolean {
    return this.early.size > 0 || this.told > this.received;
  }

  /** A connection has begun: what came early comes again, and what is older than `oldest` never does. Says how many are lost. */
  begin(oldest: number): number {
    this.early.clear();
    this.told = 0;
    return this.lose(oldest - 1);
  }

  /** The gap was asked for and has not come: goes on behind it. */
  skipGap(): Notice[] {
    this.lose(this.early.size > 0 ? Math.min(...this.early.keys()) - 1 : this.told);
    return this.inOrder();
  }

  private lose(upTo: number): number {
    const lost = Math.max(0, upTo - this.received);
    this.missed += lost;
    this.received += lost;
    return lost;
  }

  private inOrder(): Notice[] {
    const ready: Notice[] = [];
    for (let next; (next = this.early.get(this.received + 1)); ready.push(next)) this.early.delete(++this.received);
    return ready;
  }
}
