import { AgentError, errorCodes } from './errors.js';
import type { Ticket } from './session.js';

/** Gets a ticket with name and password, at the first of the origins that answers: https://as1.example. */
export async function fetchTicket(origins: readonly string[], account: { name: string; password: string }): Promise<Ticket> {
  let failure: unknown;
  for (const origin of origins) {
    try {
      const answer = await fetch(`${origin}/api/v1/agent-tickets`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(account),
      });
      if (answer.ok) return (await answer.json()) as Ticket;
      if (answer.status < 500) {
        const problem = (await answer.json().catch(() => ({}))) as { title?: string; detail?: string };
        throw new AgentError(errorCodes.wrong_ticket, problem.detail ?? problem.title ?? `refused (${answer.status})`);
      }
      failure = `${origin} answered ${answer.status}`;
    } catch (error) {
      if (error instanceof AgentError) throw error;
      failure = error;
    }
  }
  throw new AgentError(errorCodes.not_sent, 'no server answered: check your network and try again', undefined, undefined, { cause: failure });
}
