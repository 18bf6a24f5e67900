import type { Owner } from '@everdial/api-client';
import { formatCode } from '@everdial/ui';

/** Where a life of a process was; of one from before history kept it, only which. */
export const ownerName = (owner: Owner): string =>
  owner.server ? `${owner.server} / ${owner.component ?? '?'}` : `${owner.incarnation.slice(0, 8)} (gone)`;

const kinds: Record<string, string> = {
  job: 'Job',
  import: 'Import',
  collect: 'File of import',
  export: 'Export',
  purge: 'Purge',
  zone_director: 'Zone',
};

/** What is owned, for people: "job/42" is "Job 42", "agent_manager/zone/west" is "Agents of zone west". */
export function resourceName(resource: string): string {
  const [kind = '', ...rest] = resource.split('/');
  if (kind === 'agent_manager' && rest[0] === 'zone') return `Agents of zone ${rest.slice(1).join('/')}`;
  if (rest.length === 0) return formatCode(kind);
  return `${kinds[kind] ?? formatCode(kind)} ${rest.join('/')}`;
}

const reasons: Record<string, string> = {
  died: 'its process died',
  drained: 'its process ended in good order',
  draining: 'its process ended in good order',
  handed_over: 'handed over on purpose',
  holder_gone: 'its process was gone',
  holder_silent: 'it gave no sign of life',
  server_silent: 'its server fell silent',
  server_refused: 'its server was gone',
  stuck: 'it stood still',
  without_database: 'it could not reach the database',
  isolated: 'it was cut off from most servers',
  renounced: 'it began anew to be safe',
  released: 'it was free',
};

/** Why somebody lost what he held. */
export const reasonText = (reason: string): string => reasons[reason] ?? formatCode(reason);
