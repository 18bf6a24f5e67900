import type { Status } from '@everdial/api-client';
import { describe, expect, it } from 'vitest';
import { consequence, possibleActions } from './componentConsequence';

const status = (second: 'DORMANT' | 'STOPPED'): Status => ({
  server: 'as1', version: '1', at: '2026-01-01T00:00:00Z', components: ['rule_engine'], leases: [], zones: [], restrictions: [], alarms: [],
  servers: [['as1', 'MASTER'] as const, ['as2', second] as const].map(([name, state]) => ({
    name, state: 'RUNNING', capacity: 1, parked: false, settled: true, flaps: false, zones: 0, agent_zones: 0, jobs: 0,
    components: [{ component: 'rule_engine', instance: '', state }],
  })),
});

describe('what will happen to a component', () => {
  it('names who takes over from a master', () => {
    expect(consequence(status('DORMANT'), 'as1', 'rule_engine', 'kill')).toContain('It is the master; as2 takes over.');
  });
  it('warns when nobody else could do its work', () => {
    expect(consequence(status('STOPPED'), 'as1', 'rule_engine', 'stop')).toContain('No other server runs rule_engine');
  });
  it('offers only a start to one that is stopped by order', () => {
    expect(possibleActions({ kept_stopped: true })).toEqual(['start']);
    expect(possibleActions({})).toEqual(['stop', 'restart', 'kill']);
  });
});
