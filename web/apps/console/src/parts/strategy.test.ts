import { describe, expect, test } from 'vitest';
import { campaignOf, check, formatDelay, formatMinute, newCampaignValues, parseDelay, parseMinute, valuesOf } from './strategy';

describe('a campaign in the form', () => {
  test('comes out as it went in', () => {
    const campaign = {
      name: 'Spring',
      list_id: 7,
      calls_per_second: 12.5,
      max_calls: 40,
      finish: {
        after_s: 7200,
        until_minute: 1080,
        time_zone: 'Europe/Berlin',
        goal: { count: 50, of: 'contacts' as const, codes: ['answer_human' as const] },
      },
      strategy: {
        ring_timeout_s: 20,
        max_call_s: 60,
        prompt: 'hello.wav',
        machine_prompt: '',
        analyse: true,
        machine_action: 'leave_message' as const,
        record: true,
        opt_out_digit: '',
        caller_id: '+15550100',
        retries: { call_busy: { times: 2, delay_s: 90 }, fax: { times: 1, delay_s: 3600 } },
        max_attempts: 4,
        calling_from_minute: 0,
        calling_until_minute: 1440,
      },
    };
    expect(campaignOf(valuesOf(campaign))).toEqual(campaign);
  });

  test('offers a retry of each result that makes sense', () => {
    expect(Object.keys(newCampaignValues().strategy.retries)).toEqual([
      'call_busy', 'ring_no_answer', 'answer_machine', 'call_rejected', 'general_failure', 'call_lost',
    ]);
  });

  test('says at each field what is wrong with it', () => {
    const values = newCampaignValues();
    values.strategy.calling_from_minute = '25:00';
    values.finish.after_s = 'later';
    values.finish.until_minute = '24:30';
    values.strategy.retries['call_busy'] = { times: 1, delay_s: 'soon' };
    expect(Object.keys(check(values))).toEqual([
      'name', 'list_id', 'strategy.calling_from_minute', 'finish.after_s', 'finish.until_minute', 'strategy.retries.call_busy.delay_s',
    ]);
  });

  test('is right when it is', () => expect(check({ ...newCampaignValues(3), name: 'Spring' })).toEqual({}));
});

describe('times', () => {
  test('of day', () => {
    expect(['00:00', '8:05', '24:00', '24:01', '12:60', 'noon'].map(parseMinute)).toEqual([0, 485, 1440, undefined, undefined, undefined]);
    expect([0, 485, 1440].map(formatMinute)).toEqual(['00:00', '08:05', '24:00']);
  });

  test('of waiting', () => {
    expect(['30', '30 s', '1.5min', '2 H', '1 d', '-1 s', ''].map(parseDelay)).toEqual([30, 30, 90, 7200, 86_400, undefined, undefined]);
    expect([0, 30, 90, 300, 7200, 86_400].map(formatDelay)).toEqual(['0 s', '30 s', '90 s', '5 min', '2 h', '1 d']);
  });
});
