import type { AgentState, AttemptState, CompletionCode, ComponentState, ImportState, JobState } from '@everdial/api-client';
import { formatCode } from './format';
import classes from './StateBadge.module.css';

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'idle';

const agentTones: Record<AgentState, Tone> = {
  logged_out: 'idle',
  not_ready: 'warn',
  ready: 'good',
  busy: 'busy',
  pending_not_ready: 'warn',
  work_not_ready: 'busy',
};

const componentTones: Record<ComponentState, Tone> = {
  MASTER: 'good',
  RUNNING: 'good',
  DORMANT: 'idle',
  STARTING: 'busy',
  STOPPING: 'warn',
  STOPPED: 'bad',
};

const jobTones: Record<JobState, Tone> = {
  queued: 'idle',
  filtering: 'busy',
  running: 'good',
  pausing: 'warn',
  paused: 'warn',
  stopping: 'warn',
  stopped: 'bad',
  completed: 'idle',
};

const importTones: Record<ImportState, Tone> = {
  uploading: 'busy',
  collecting: 'busy',
  queued: 'idle',
  running: 'busy',
  completed: 'good',
  failed: 'bad',
  cancelled: 'warn',
};

const attemptTones: Record<AttemptState, Tone> = { intent: 'busy', done: 'idle', aborted: 'warn', unknown: 'bad' };

export const codeTones: Record<CompletionCode, Tone> = {
  answer_human: 'good',
  answer_machine: 'busy',
  fax: 'busy',
  call_busy: 'idle',
  ring_no_answer: 'idle',
  invalid_number: 'warn',
  call_rejected: 'warn',
  general_failure: 'bad',
  call_lost: 'bad',
  opted_out: 'warn',
  restricted_dnc: 'idle',
  restricted_hours: 'idle',
  no_callable_address: 'warn',
  attempt_unknown: 'bad',
  stopped: 'idle',
  nuisance: 'bad',
};

/** The state's own word, with a shape and a colour that say how good it is; never a colour alone. */
export function StateBadge({ tone, children }: { tone: Tone; children: string }) {
  return (
    <span className={classes.badge} data-tone={tone}>
      <span className={classes.mark} aria-hidden />
      {children}
    </span>
  );
}

export const AgentBadge = ({ state }: { state: AgentState }) => (
  <StateBadge tone={agentTones[state]}>{state.replaceAll('_', ' ')}</StateBadge>
);
export const ComponentBadge = ({ state }: { state: ComponentState }) => <StateBadge tone={componentTones[state]}>{state}</StateBadge>;
export const JobBadge = ({ state }: { state: JobState }) => <StateBadge tone={jobTones[state]}>{state}</StateBadge>;
export const ImportBadge = ({ state }: { state: ImportState }) => <StateBadge tone={importTones[state]}>{state}</StateBadge>;
export const AttemptBadge = ({ state }: { state: AttemptState }) => (
  <StateBadge tone={attemptTones[state]}>{state === 'intent' ? 'in the air' : state}</StateBadge>
);
export const CodeBadge = ({ code }: { code: CompletionCode }) => <StateBadge tone={codeTones[code]}>{formatCode(code)}</StateBadge>;
