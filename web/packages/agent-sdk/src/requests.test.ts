// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { AgentError, errorCodes } from './errors.js';
import { Requests } from './requests.js';

function requests(most?: number) {
  let ids = 0;
  return new Requests(() => `r${++ids}`, most);
}
const command = { params: {}, changes: true, patienceMs: 1000 };
const names = (due: readonly { method: string }[]) => due.map(({ method }) => method);
const refused = (name: keyof typeof errorCodes) => new AgentError(errorCodes[name], name);

describe('Requests', () => {
  test('A_04 sends a command only when the one before is answered, and questions at once', async () => {
    const book = requests();
    const hold = book.add<string>({ ...command, method: 'hold' }, 0);
    void book.add({ ...command, method: 'release' }, 0).catch(() => undefined);
    void book.add({ ...command, method: 'get_contact', changes: false }, 0).catch(() => undefined);
    expect(names(book.due(0, false))).toEqual(['hold', 'get_contact']);
    expect(names(book.due(0, false))).toEqual([]);
    book.answered('r1', 'held');
    expect(await hold).toBe('held');
    expect(names(book.due(0, false))).toEqual(['release']);
  });

  test('A_04 sends what was under way again with the same id after a cut', () => {
    const book = requests();
    void book.add({ ...command, method: 'hold' }, 0).catch(() => undefined);
    const [first] = book.due(0, false);
    book.connectionLost();
    const [again] = book.due(0, false);
    expect(again!.id).toBe(first!.id);
  });

  test('A_04 holds commands, but no questions, while the manager is away', () => {
    const book = requests();
    void book.add({ ...command, method: 'hold' }, 0).catch(() => undefined);
    void book.add({ ...command, method: 'say_states', changes: false }, 0).catch(() => undefined);
    expect(names(book.due(0, true))).toEqual(['say_states']);
    expect(names(book.due(0, false))).toEqual(['hold']);
  });

  test('F_03 asks again after "not now", and gives up with that reason when patience ends', async () => {
    const book = requests();
    const hold = book.add({ ...command, method: 'hold' }, 0);
    book.due(0, false);
    book.refused('r1', refused('call_control_not_available'), 100);
    expect(book.pending[0]!.trouble!.code).toBe(9007);
    expect(book.due(200, false)).toEqual([]);
    expect(names(book.due(400, false))).toEqual(['hold']);
    book.refused('r1', refused('call_control_not_available'), 900);
    book.expire(1000);
    await expect(hold).rejects.toMatchObject({ code: 9007, error: 'call_control_not_available' });
  });

  test('A_04 says whether a command that is given up may have been done', async () => {
    const book = requests();
    const sent = book.add({ ...command, method: 'hold' }, 0);
    const waits = book.add({ ...command, method: 'release' }, 0);
    book.due(0, false);
    book.expire(1000);
    await expect(sent).rejects.toMatchObject({ error: 'unsure', message: expect.stringContaining('it may have been done') as string });
    await expect(waits).rejects.toMatchObject({ error: 'not_sent', message: expect.stringContaining('it was not done') as string });
  });

  test('a refusal is the answer, and an answer that nobody waits for is none', async () => {
    const book = requests();
    const hold = book.add({ ...command, method: 'hold' }, 0);
    book.due(0, false);
    book.refused('r1', refused('wrong_call_state'), 0);
    await expect(hold).rejects.toMatchObject({ code: 9105 });
    book.answered('r1', {});
    book.refused('r9', refused('invalid'), 0);
    expect(book.pending).toEqual([]);
  });

  test('takes no more than it can keep', async () => {
    const book = requests(1);
    void book.add({ ...command, method: 'hold' }, 0).catch(() => undefined);
    await expect(book.add({ ...command, method: 'release' }, 0)).rejects.toMatchObject({ error: 'too_many_waiting' });
  });
});
