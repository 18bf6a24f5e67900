import type { ComponentAction, ComponentStatus, Status } from '@everdial/api-client';

const acting = new Set(['MASTER', 'DORMANT', 'RUNNING']);

/** What can be asked of a component in its state. */
export function possibleActions(component: Pick<ComponentStatus, 'kept_stopped'>): ComponentAction[] {
  return component.kept_stopped ? ['start'] : ['stop', 'restart', 'kill'];
}

/** Who goes on with the component's work meanwhile, in a sentence. */
function whoGoesOn(status: Status, server: string, component: string): string {
  const others = status.servers
    .filter((other) => other.name !== server && other.components.some((one) => one.component === component && acting.has(one.state)))
    .map((other) => other.name);
  const here = status.servers.find((one) => one.name === server)?.components.filter((one) => one.component === component) ?? [];
  if (others.length === 0) return `No other server runs ${component}: nobody does its work until it is back.`;
  const names = others.join(' or ');
  if (here.some((one) => one.state === 'MASTER')) return `It is the master; ${names} takes over.`;
  if (here.some((one) => one.leases)) return `What it holds now goes to ${names}.`;
  return `${names} goes on.`;
}

/** What will happen, told before it is done. */
export function consequence(status: Status, server: string, component: string, action: ComponentAction): string {
  const next = whoGoesOn(status, server, component);
  const page = component === 'dashboard' && server === status.server ? ' This page is served by it and goes on at another server, if there is one.' : '';
  const calls = component === 'mpp' ? ' Calls on it end when it is killed; when it is stopped or restarted it waits for their end for up to 40 s.' : '';
  switch (action) {
    case 'start':
      return `It runs again on ${server} within a few seconds.`;
    case 'stop':
      return `It finishes what is under way and ends. It stays stopped, also when ${server} is restarted, until somebody starts it. ${next}${calls}${page}`;
    case 'restart':
      return `It finishes what is under way, ends, and runs again at once. ${next}${calls}${page}`;
    case 'kill':
      return `It ends at once, in the middle of its work (kill -9), and its server starts it again. ${next}${calls}${page}`;
  }
}
