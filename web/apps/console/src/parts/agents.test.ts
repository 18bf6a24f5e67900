import type { AgentSettings } from '@everdial/api-client';
import { describe, expect, test } from 'vitest';
import { agentSettings, agentValues, atAgentFields, checkAgents, codeLines, pacingText, parseCodes, parseSkills } from './agents';

describe('what a campaign asks of agents', () => {
  test('comes out of the form as it went in', () => {
    const settings: AgentSettings = {
      pacing: 'progressive',
      abandoned_most: 0.025,
      abandoned_days: 7,
      answer_within_s: 1.5,
      nuisance_prompt: 'sorry.wav',
      wrapup_limit_s: 0,
      wrapup_extension_s: 10,
      wrapup_extensions: 1,
      preview_limit_s: 20,
      agents_most: 4,
      skills: { Spanish: 7, 'card = yes': 10 },
      codes: [{ code: 'sold', text: 'Sold = done' }, { code: 'no', text: '' }],
      masked_attributes: ['card'],
      read_only_attributes: ['name'],
      mask_phone: true,
      script: 'https://scripts.example/a',
      auxiliary_script: '',
    };
    expect(agentSettings(agentValues(settings))).toEqual(settings);
    expect(agentSettings(agentValues(undefined))).toBeUndefined();
  });

  test('says at each field what is wrong with it', () => {
    const values = { ...agentValues({}), skills: 'Spanish = 11', codes: ' \n' };
    expect(Object.keys(checkAgents(values))).toEqual(['agents.skills', 'agents.codes']);
    expect(checkAgents({ ...values, pacing: 'none' })).toEqual({});
    expect(atAgentFields({ 'agents.codes.1.code': 'a', 'agents.script': 'b', name: 'c' })).toEqual({
      'agents.codes': 'a', 'agents.script': 'b', name: 'c',
    });
  });

  test('is told in words', () => {
    expect(pacingText({ pacing: 'preview' })).toBe('Preview');
    expect(pacingText({})).toBe('Predictive, at most 3 % abandoned in 30 days');
  });
});

test('codes and skills are lines', () => {
  expect(parseCodes('a = b = c\n\n d ')).toEqual([{ code: 'a', text: 'b = c' }, { code: 'd', text: '' }]);
  expect(codeLines([{ code: 'a', text: 'B' }, { code: 'c' }])).toBe('a = B\nc');
  expect(['A = 1\nB=10', '', 'A', 'A = 0', '= 3'].map(parseSkills)).toEqual([{ A: 1, B: 10 }, {}, undefined, undefined, undefined]);
});
