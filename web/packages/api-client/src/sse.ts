export interface ServerEvent {
  id: string;
  type: string;
  data: string;
}

/** Reads text/event-stream as it arrives, cut anywhere. Give it each piece of text; it hands over each whole event. */
export class EventStreamParser {
  private rest = '';
  private id = '';
  private type = '';
  private data: string[] = [];

  constructor(private readonly onEvent: (event: ServerEvent) => void) {}

  push(piece: string): void {
    const text = this.rest + piece;
    // A CR at the very end may be the first half of a CRLF: it waits for the next piece.
    const end = text.endsWith('\r') ? text.length - 1 : text.length;
    const lines = text.slice(0, end).split(/\r\n|\n|\r/);
    this.rest = lines.pop()! + text.slice(end);
    for (const line of lines) this.line(line);
  }

  private line(line: string): void {
    if (line === '') return this.dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.data.push(value);
    else if (field === 'event') this.type = value;
    else if (field === 'id') this.id = value;
  }

  private dispatch(): void {
    if (this.data.length > 0) this.onEvent({ id: this.id, type: this.type || 'message', data: this.data.join('\n') });
    this.data = [];
    this.type = '';
  }
}
