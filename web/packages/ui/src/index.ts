import '@mantine/core/styles.css';
import './tokens.css';

export { BarTable, type BarRow } from './BarTable';
export { Chart } from './Chart';
export { Confirm } from './Confirm';
export { DataTable, type Column } from './DataTable';
export { EmptyState, Notice, Panel } from './Panels';
export { ErrorPanel } from './ErrorPanel';
export {
  formatAge, formatBytes, formatCode, formatCount, formatDateTime, formatDuration, formatPercent, formatRate, formatShare, formatTime,
} from './format';
export { KeyboardHelp } from './KeyboardHelp';
export { Progress } from './Progress';
export { useShortcuts, useShortcutsEnabled, type Shortcut } from './shortcuts';
export { AgentBadge, AttemptBadge, CodeBadge, ComponentBadge, ImportBadge, JobBadge, StateBadge, codeTones, type Tone } from './StateBadge';
export { EverdialTheme } from './theme';
export { Age, useNow, When } from './Time';
