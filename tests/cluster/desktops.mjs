// Agents' desktops without people, all in one process, each a session of @everdial/agent-sdk, so that what the tests see is what desktops
// built on it would. Lines of JSON come in, {id, desk, do, ...}, and go out: {id, answer} or {id, refused}, and {desk, event, value}; all
// with `at`, in ms of this machine's clock. desktops.py speaks this.
import { createInterface } from 'node:readline';

const { AgentSession, fetchTicket } = await import(process.argv[2]);
const events = ['notice', 'manager_not_available', 'manager_available', 'zone_down', 'missed', 'ended', 'changed'];
const sessions = new Map();
const say = (what) => process.stdout.write(`${JSON.stringify({ at: Date.now(), ...what })}\n`);

const can = {
  begin({ desk, origins, password }) {
    const session = new AgentSession({ ticket: () => fetchTicket(origins, { name: desk, password }) });
    sessions.set(desk, session);
    for (const event of events) session.on(event, (value) => say({ desk, event, value }));
    return session.start();
  },
  command: ({ desk, method, params, options }) => sessions.get(desk).command(method, params, options),
  ask: ({ desk, method, params, options }) => sessions.get(desk).ask(method, params, options),
  close: ({ desk }) => sessions.get(desk)?.close(),
};

async function take({ id, ...request }) {
  try {
    say({ id, answer: (await can[request.do](request)) ?? null });
  } catch (error) {
    say({ id, refused: { code: error.code ?? 0, error: error.error ?? '', message: String(error.message) } });
  }
}

for await (const line of createInterface({ input: process.stdin })) void take(JSON.parse(line));
process.exit(0);
