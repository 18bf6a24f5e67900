// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { EventStreamParser, type ServerEvent } from './sse';

const stream = 'id: 7\r\nevent: status\r\ndata: {"a":\r\ndata: 1}\r\n\r\n: sign of life\n\nevent: job_progress\ndata:x\n\ndata: y\r\rid\n\n';
const events: ServerEvent[] = [
  { id: '7', type: 'status', data: '{"a":\n1}' },
  { id: '7', type: 'job_progress', data: 'x' },
  { id: '7', type: 'message', data: 'y' },
];

function parse(pieces: string[]): ServerEvent[] {
  const seen: ServerEvent[] = [];
  const parser = new EventStreamParser((event) => seen.push(event));
  pieces.forEach((piece) => parser.push(piece));
  return seen;
}

describe('EventStreamParser', () => {
  test('reads fields, comments and all line ends', () => expect(parse([stream])).toEqual(events));

  test('reads the same however the stream is cut', () => {
    for (let i = 0; i <= stream.length; i++)
      for (let j = i; j <= stream.length; j++) expect(parse([stream.slice(0, i), stream.slice(i, j), stream.slice(j)])).toEqual(events);
  });

  test('keeps an event that is not finished to itself', () => expect(parse(['event: status\ndata: {}\n'])).toEqual([]));
});
