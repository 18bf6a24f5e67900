import type { AgentSettings, CodeText, PacingMode, Skills } from '@everdial/api-client';
import { formatShare } from '@everdial/ui';

/** What a campaign asks of agents, as the form holds it: paths are the API's, lists are lines of text. */
export type AgentValues = Omit<Required<AgentSettings>, 'pacing' | 'abandoned_most' | 'skills' | 'codes'> & {
  pacing: PacingMode | 'none';
  /** Percent. */
  abandoned_most: number;
  /** "Spanish = 7", one a line. */
  skills: string;
  /** "sold = Sold to the contact", one a line. */
  codes: string;
};

export const pacingModes: Record<PacingMode | 'none', string> = {
  none: 'Nobody: the prompt is played',
  predictive: 'Agents, predictive: calls ahead of them',
  progressive: 'Agents, progressive: one call each',
  preview: 'Agents, preview: they look, then dial',
  manual: 'Agents, manual: nothing is dialed but by hand',
};

export function agentValues(settings: AgentSettings | undefined): AgentValues {
  const s = settings ?? {};
  return {
    pacing: settings ? (s.pacing ?? 'predictive') : 'none',
    abandoned_most: Math.round((s.abandoned_most ?? 0.03) * 1e6) / 1e4,
    abandoned_days: s.abandoned_days ?? 30,
    answer_within_s: s.answer_within_s ?? 2,
    nuisance_prompt: s.nuisance_prompt ?? '',
    wrapup_limit_s: s.wrapup_limit_s ?? 60,
    wrapup_extension_s: s.wrapup_extension_s ?? 30,
    wrapup_extensions: s.wrapup_extensions ?? 2,
    preview_limit_s: s.preview_limit_s ?? 60,
    agents_most: s.agents_most ?? 0,
    skills: skillLines(s.skills ?? {}),
    codes: codeLines(s.codes ?? [{ code: 'done', text: 'Done' }]),
    masked_attributes: s.masked_attributes ?? [],
    read_only_attributes: s.read_only_attributes ?? [],
    mask_phone: s.mask_phone ?? false,
    script: s.script ?? '',
    auxiliary_script: s.auxiliary_script ?? '',
  };
}

/** Undefined: without agents. */
export function agentSettings({ pacing, ...values }: AgentValues): AgentSettings | undefined {
  if (pacing === 'none') return undefined;
  return {
    ...values,
    pacing,
    abandoned_most: Math.round(values.abandoned_most * 1e4) / 1e6,
    skills: parseSkills(values.skills) ?? {},
    codes: parseCodes(values.codes),
    script: values.script.trim(),
    auxiliary_script: values.auxiliary_script.trim(),
  };
}

export function checkAgents(values: AgentValues): Record<string, string> {
  const errors: Record<string, string> = {};
  if (values.pacing === 'none') return errors;
  if (!parseSkills(values.skills)) errors['agents.skills'] = 'Each line a name and a level from 1 to 10, as Spanish = 7';
  if (parseCodes(values.codes).length === 0) errors['agents.codes'] = 'At least one result';
  return errors;
}

/** What the server says of one line stands at the field of all. */
export const atAgentFields = (errors: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(errors).map(([path, text]) => [/^agents\.(?:skills|codes|masked_attributes|read_only_attributes)/.exec(path)?.[0] ?? path, text]),
  );

/** What is said of a job or campaign: how calls meet agents. */
export function pacingText({ pacing = 'predictive', abandoned_most = 0.03, abandoned_days = 30 }: AgentSettings): string {
  const name = pacing.charAt(0).toUpperCase() + pacing.slice(1);
  return pacing === 'predictive' ? `${name}, at most ${formatShare(abandoned_most, 1)} abandoned in ${abandoned_days} days` : name;
}

const lines = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter(Boolean);

/** "code = text", the text may be left out. */
export const parseCodes = (text: string): CodeText[] =>
  lines(text).map((line) => {
    const [code, ...rest] = line.split('=');
    return { code: code!.trim(), text: rest.join('=').trim() };
  });
export const codeLines = (codes: readonly CodeText[]): string =>
  codes.map(({ code, text }) => (text ? `${code} = ${text}` : code)).join('\n');

/** Undefined when a line is no skill. */
export function parseSkills(text: string): Skills | undefined {
  const skills: Skills = {};
  for (const line of lines(text)) {
    const match = /^(.+?)\s*=\s*([1-9]|10)$/.exec(line);
    if (!match) return undefined;
    skills[match[1]!] = Number(match[2]);
  }
  return skills;
}
export const skillLines = (skills: Skills): string =>
  Object.entries(skills).map(([name, level]) => `${name} = ${level}`).join('\n');
