import type { Campaign, CompletionCode, NewCampaign, Strategy } from '@everdial/api-client';

/** Results after which another try may make sense, in the order of the form. */
export const retryable = ['call_busy', 'ring_no_answer', 'answer_machine', 'call_rejected', 'general_failure', 'call_lost'] as const;

/** A campaign as the form holds it; its paths are the API's JSON pointers, so that an error finds its field. */
export interface CampaignValues {
  name: string;
  list_id: string;
  calls_per_second: number;
  max_calls: number;
  strategy: Required<Omit<Strategy, 'retries' | 'calling_from_minute' | 'calling_until_minute'>> & {
    calling_from_minute: string;
    calling_until_minute: string;
    retries: Record<string, { times: number; delay_s: string }>;
  };
}

export const newCampaignValues = (listId?: number): CampaignValues =>
  valuesOf({
    name: '',
    list_id: listId ?? 0,
    strategy: {
      ring_timeout_s: 30,
      retries: { call_busy: { times: 3, delay_s: 300 }, ring_no_answer: { times: 3, delay_s: 3600 } },
    } as Strategy,
    calls_per_second: 10,
    max_calls: 100,
  });

export function valuesOf(campaign: Pick<Campaign, 'name' | 'list_id' | 'strategy' | 'calls_per_second' | 'max_calls'>): CampaignValues {
  const s = campaign.strategy;
  const retries = { ...Object.fromEntries(retryable.map((code) => [code, {}])), ...s.retries };
  return {
    name: campaign.name,
    list_id: campaign.list_id ? String(campaign.list_id) : '',
    calls_per_second: campaign.calls_per_second,
    max_calls: campaign.max_calls,
    strategy: {
      ring_timeout_s: s.ring_timeout_s ?? 45,
      max_call_s: s.max_call_s ?? 3600,
      prompt: s.prompt ?? '',
      machine_prompt: s.machine_prompt ?? '',
      analyse: s.analyse ?? true,
      machine_action: s.machine_action ?? 'hang_up',
      record: s.record ?? false,
      opt_out_digit: s.opt_out_digit ?? '9',
      caller_id: s.caller_id ?? '',
      max_attempts: s.max_attempts ?? 6,
      calling_from_minute: formatMinute(s.calling_from_minute ?? 480),
      calling_until_minute: formatMinute(s.calling_until_minute ?? 1260),
      retries: Object.fromEntries(
        Object.entries(retries).map(([code, retry]: [string, { times?: number; delay_s?: number }]) => [
          code,
          { times: retry.times ?? 0, delay_s: formatDelay(retry.delay_s ?? 0) },
        ]),
      ),
    },
  };
}

/** What to send; times that cannot be read go as they are not: `check` has refused them before. */
export function campaignOf(values: CampaignValues): NewCampaign {
  const { calling_from_minute, calling_until_minute, retries, ...strategy } = values.strategy;
  return {
    name: values.name.trim(),
    list_id: Number(values.list_id),
    calls_per_second: values.calls_per_second,
    max_calls: values.max_calls,
    strategy: {
      ...strategy,
      calling_from_minute: parseMinute(calling_from_minute) ?? 0,
      calling_until_minute: parseMinute(calling_until_minute) ?? 0,
      retries: Object.fromEntries(
        Object.entries(retries)
          .filter(([, retry]) => retry.times > 0)
          .map(([code, retry]) => [code as CompletionCode, { times: retry.times, delay_s: parseDelay(retry.delay_s) ?? 0 }]),
      ),
    },
  };
}

/** What can be said before the server is asked, by the path of the field. */
export function check(values: CampaignValues): Record<string, string> {
  const errors: Record<string, string> = {};
  if (!values.name.trim()) errors['name'] = 'Give it a name';
  if (!values.list_id) errors['list_id'] = 'Choose whom to call';
  for (const field of ['calling_from_minute', 'calling_until_minute'] as const)
    if (parseMinute(values.strategy[field]) === undefined) errors[`strategy.${field}`] = 'A time from 00:00 to 24:00, as 08:30';
  for (const [code, retry] of Object.entries(values.strategy.retries))
    if (retry.times > 0 && parseDelay(retry.delay_s) === undefined)
      errors[`strategy.retries.${code}.delay_s`] = 'A time as 30 s, 15 min, 2 h or 1 d';
  return errors;
}

export const formatMinute = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

export function parseMinute(text: string): number | undefined {
  const match = /^\s*(\d{1,2}):(\d{2})\s*$/.exec(text);
  if (!match) return undefined;
  const [hours, minutes] = [Number(match[1]), Number(match[2])];
  return minutes < 60 && hours * 60 + minutes <= 1440 ? hours * 60 + minutes : undefined;
}

const units = { d: 86_400, h: 3600, min: 60, s: 1 };

/** Seconds in the largest unit that says them exactly. */
export function formatDelay(seconds: number): string {
  if (seconds === 0) return '0 s';
  const [unit, size] = Object.entries(units).find(([, size]) => seconds % size === 0) ?? ['s', 1];
  return `${seconds / size} ${unit}`;
}

export function parseDelay(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(s|min|h|d)?\s*$/i.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * units[(match[2]?.toLowerCase() ?? 's') as keyof typeof units];
}
