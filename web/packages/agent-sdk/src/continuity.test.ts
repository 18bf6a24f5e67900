// @vitest-environment node
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AgentSession } from './index.js';
import { FakeEverdial, refusal } from './testing.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomOf(seed: number) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Some minutes of an agent's work on servers that fail all the time, in all ways at once. */
async function history(seed: number) {
  const random = randomOf(seed);
  const everdial = new FakeEverdial();
  const session = new AgentSession({ ...everdial.options, random, patienceMs: Number.MAX_SAFE_INTEGER });
  const told: number[] = [];
  session.on('contact_changed', ({ contact }) => told.push(contact));
  everdial.on('add_note', () => {
    const chance = random();
    if (chance < 0.1) everdial.cut(); // done, and the answer lost
    else if (chance < 0.2) everdial.freeze();
    else if (chance < 0.3) return refusal('record_not_available');
    return { states: everdial.situation.states };
  });
  await session.start();

  const asked: Promise<unknown>[] = [];
  let notices = 0;
  const faults: (() => void)[] = [
    () => everdial.cut(),
    () => everdial.freeze(),
    () => (everdial.dead.add(everdial.connectedTo ?? 'fake://as1'), everdial.cut()),
    () => everdial.dead.clear(),
    () => everdial.news('manager_not_available', { zone: 'default', reason: 'failed', expected_wait_ms: 500 }),
    () => everdial.news('manager_available', { zone: 'default', away_ms: 480 }),
    () => everdial.happen({ notice: 'contact_changed', contact: notices++ }),
    () => everdial.say('notice', { number: 1, notice: 'contact_changed', contact: 0 }),
  ];
  for (let step = 0; step < 400; step++) {
    const chance = random();
    if (chance < 0.3) everdial.tell({ notice: 'contact_changed', contact: notices++ });
    else if (chance < 0.6 && session.view.waiting.length < 20) asked.push(session.command('add_note', { text: `note ${asked.length}` }));
    else if (chance < 0.8) faults[Math.floor(random() * faults.length)]!();
    await vi.advanceTimersByTimeAsync(random() * 500);
  }
  everdial.dead.clear();
  everdial.on('add_note', () => undefined);
  everdial.news('manager_available', { zone: 'default', away_ms: 480 });
  let answered = 0;
  for (const answer of asked) void answer.then(() => answered++);
  await vi.advanceTimersByTimeAsync(30_000);
  const { continuity, waiting } = session.view;
  const done = everdial.done.filter(({ method }) => method === 'add_note').map(({ params }) => params['text']);
  session.close();
  everdial.stop();
  return { answered, continuity, waiting, told, notices, done, asked: asked.length };
}

describe('Through any history of faults', () => {
  test.each(Array.from({ length: 20 }, (_, i) => i + 1))('D_04 A_04 each command is done once and each notice told once, in order (seed %i)', async (seed) => {
    const { answered, continuity, waiting, told, notices, done, asked } = await history(seed);
    expect(done).toEqual(Array.from({ length: asked }, (_, i) => `note ${i}`));
    expect(told).toEqual(Array.from({ length: notices }, (_, i) => i));
    expect({ answered, waiting }).toEqual({ answered: asked, waiting: [] });
    expect(continuity).toMatchObject({ received: notices, missed: 0 });
    expect(continuity.resumed).toBeGreaterThan(5);
  });
});
