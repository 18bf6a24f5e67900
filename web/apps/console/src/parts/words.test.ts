import { expect, test } from 'vitest';
import { reasonText, resourceName } from './words';

test('what is owned has a name for people', () => {
  expect(['campaign_director', 'job/42', 'zone_director/west', 'agent_manager/zone/a.b', 'import/7', 'other/9'].map(resourceName)).toEqual([
    'Campaign director', 'Job 42', 'Zone west', 'Agents of zone a.b', 'Import 7', 'Other 9',
  ]);
});

test('a reason that is not known is shown as it is', () => expect([reasonText('died'), reasonText('moon_phase')]).toEqual(['its process died', 'Moon phase']));
