import type { Campaign, CompletionCode, Finish, GoalOf, NewCampaign, Strategy } from '@everdial/api-client';
import { formatCode } from '@everdial/ui';
import { agentSettings, agentValues, checkAgents, type AgentValues } from './agents';

/** Results after which another try may make sense, in the order of the form. */
export const retryable = ['call_busy', 'ring_no_answer', 'answer_machine', 'call_rejected', 'general_failure', 'call_lost'] as const;

/** A campaign as the form holds it; its paths are the API's JSON pointers, so that an error finds its field. */
export interface CampaignValues {
  name: string;
  list_id: string;
  calls_per_second: number;
  max_calls: number;
  agents: AgentValues;
  /** Empty fields: no such criterion. */
  finish: {
    after_s: string;
    until_minute: string;
    time_zone: string;
    goal: { count: number | ''; of: GoalOf; codes: CompletionCode[] };
  };
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
    finish: {},
  });

export function valuesOf(campaign: Pick<Campaign, 'name' | 'list_id' | 'strategy' | 'calls_per_second' | 'max_calls' | 'finish' | 'agents'>): CampaignValues {
  const { strategy: s, finish } = campaign;
  const retries = { ...Object.fromEntries(retryable.map((code) => [code, {}])), ...s.retries };
  return {
    name: campaign.name,
    list_id: campaign.list_id ? String(campaign.list_id) : '',
    calls_per_second: campaign.calls_per_second,
    max_calls: campaign.max_calls,
    agents: agentValues(campaign.agents),
    finish: {
      after_s: finish.after_s === undefined ? '' : formatDelay(finish.after_s),
      until_minute: finish.until_minute === undefined ? '' : formatMinute(finish.until_minute),
      time_zone: finish.time_zone ?? 'UTC',
      goal: { count: finish.goal?.count ?? '', of: finish.goal?.of ?? 'attempts', codes: finish.goal?.codes ?? [] },
    },
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
  const agents = agentSettings(values.agents);
  return {
    name: values.name.trim(),
    list_id: Number(values.list_id),
    calls_per_second: values.calls_per_second,
    max_calls: values.max_calls,
    finish: finishOf(values.finish),
    ...(agents && { agents }),
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

function finishOf({ after_s, until_minute, time_zone, goal }: CampaignValues['finish']): Finish {
  const finish: Finish = {};
  if (after_s.trim()) finish.after_s = parseDelay(after_s) ?? 0;
  if (until_minute.trim()) Object.assign(finish, { until_minute: parseMinute(until_minute), time_zone });
  if (goal.count !== '') finish.goal = { count: goal.count, of: goal.of, codes: goal.codes };
  return finish;
}

/** What can be said before the server is asked, by the path of the field. */
export function check(values: CampaignValues): Record<string, string> {
  const errors: Record<string, string> = {};
  if (!values.name.trim()) errors['name'] = 'Give it a name';
  if (!values.list_id) errors['list_id'] = 'Choose whom to call';
  for (const field of ['calling_from_minute', 'calling_until_minute'] as const)
    if (parseMinute(values.strategy[field]) === undefined) errors[`strategy.${field}`] = 'A time from 00:00 to 24:00, as 08:30';
  const { after_s, until_minute } = values.finish;
  if (after_s.trim() && !parseDelay(after_s)) errors['finish.after_s'] = 'A time as 30 min, 2 h or 1 d';
  if (until_minute.trim() && parseMinute(until_minute) === undefined) errors['finish.until_minute'] = 'A time from 00:00 to 23:59, as 18:00';
  Object.assign(errors, checkAgents(values.agents));
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

/** When a job ends, in words. */
export function finishText({ after_s, until_minute, time_zone, goal }: Finish): string {
  const ways = ['when all are done'];
  if (goal) ways.push(`at ${goal.count} ${goal.of}${goal.codes?.length ? ` with ${goal.codes.map(formatCode).join(' or ')}` : ''}`);
  if (after_s !== undefined) ways.push(`after ${formatDelay(after_s)}`);
  if (until_minute !== undefined) ways.push(`at ${formatMinute(until_minute)} ${time_zone ?? 'UTC'}`);
  return ways.join(', ');
}
