import type { Owner } from '@everdial/api-client';

/** Where a life of a process was; of one from before history kept it, only which. */
export const ownerName = (owner: Owner): string =>
  owner.server ? `${owner.server} / ${owner.component ?? '?'}` : `${owner.incarnation.slice(0, 8)} (gone)`;
