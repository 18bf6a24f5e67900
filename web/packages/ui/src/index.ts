import '@mantine/core/styles.css';
import './tokens.css';

export { BarTable, type BarRow } from './BarTable';
export { Chart } from './Chart';
export { Confirm } from './Confirm';
export { DataTable, type Column } from './DataTable';
export { EmptyState, Notice, Panel } from './Panels';
export { ErrorPanel } from './ErrorPanel';
export {
  formatAge, formatBytes, formatCode, formatCount, formatDateTime, formatDuration, formatExact, formatPercent, formatRate, formatShare,
  formatTime, zoneOfTimes,
} from './format';
export { KeyboardHelp } from './KeyboardHelp';
export { Meter } from './Meter';
export { Progress } from './Progress';
export { useShortcuts, useShortcutsEnabled, type Shortcut } from './shortcuts';
export { AgentBadge, AttemptBadge, CodeBadge, ComponentBadge, ImportBadge, JobBadge, StateBadge, codeTones, type Tone } from './StateBadge';
export { Spans, type Span } from './Spans';
export { EverdialTheme } from './theme';
export { Age, useNow, When } from './Time';
