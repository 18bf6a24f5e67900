export const firstJitterMs = 150;
const firstPauseMs = 250;
const longestPauseMs = 5000;

/** Where to connect next, and when. What a server has pushed comes first; the addresses of the page stay as a way back. */
export class ServerList {
  private addresses: readonly string[];
  private at = -1;
  private failures = 0;

  constructor(
    private readonly own: readonly string[],
    private readonly random: () => number,
  ) {
    this.addresses = own;
  }

  get all(): readonly string[] {
    return this.addresses;
  }

  push(servers: readonly string[]): void {
    const current = this.addresses[this.at];
    this.addresses = [...new Set([...servers, ...this.own])];
    this.at = current === undefined ? -1 : this.addresses.indexOf(current);
  }

  next(): string {
    this.at = (this.at + 1) % this.addresses.length;
    return this.addresses[this.at]!;
  }

  connected(): void {
    this.failures = 0;
  }

  /** How long to wait before the next address: each is tried once nearly at once (with jitter: a dead server sends many), then slower. */
  pauseMs(): number {
    const round = Math.floor(this.failures++ / this.addresses.length);
    if (round === 0) return this.random() * firstJitterMs;
    return Math.min(longestPauseMs, firstPauseMs * 2 ** round) * (0.5 + this.random() / 2);
  }
}
