const whole = new Intl.NumberFormat('en');
const oneDigit = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const exactClock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 });
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' });
const day = new Intl.DateTimeFormat('en-GB', { year: 'numeric', month: 'short', day: '2-digit', hour: '2-digit', minute: '2-digit' });

export const formatCount = (n: number): string => whole.format(n);
export const formatRate = (n: number | undefined): string => (n === undefined ? '–' : oneDigit.format(n));

/** "0 %" and "100 %" only when it is so: a job that is not finished never reads as finished. */
export function formatPercent(part: number, total: number): string {
  if (total <= 0) return '–';
  const percent = (100 * part) / total;
  if (percent > 0 && percent < 1) return '< 1 %';
  if (percent > 99 && percent < 100) return '> 99 %';
  return `${Math.round(percent)} %`;
}

/** Two decimals: of shares that are kept to a cap. */
export const formatShare = (part: number, total: number): string => (total > 0 ? `${Math.round((1e4 * part) / total) / 100} %` : '–');

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** "850 ms", "12.3 s", "4 min 05 s", "3 h 12 min", "2 d 4 h". */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 59.95) return `${s.toFixed(1)} s`;
  const total = Math.round(s);
  const two = (n: number) => String(n).padStart(2, '0');
  if (total < 3600) return `${Math.floor(total / 60)} min ${two(total % 60)} s`;
  const minutes = Math.floor(total / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** An age for people: whole seconds below a minute, since it is redrawn each second. */
export function formatAge(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  return s < 60 ? `${s} s` : formatDuration(s * 1000);
}

export const formatTime = (iso: string): string => exactClock.format(new Date(iso));
export const formatClock = (ms: number): string => clock.format(ms);
/** With seconds and the zone: what a tooltip tells of a time. */
export const formatExact = (iso: string): string => exact.format(new Date(iso));
/** The zone of all times that are shown, and how far it is from UTC now. */
export function zoneOfTimes(now: number): string {
  const { timeZone } = clock.resolvedOptions();
  const offset = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'longOffset' }).formatToParts(now).find(({ type }) => type === 'timeZoneName');
  return offset && !/^GMT(\+00:00)?$/.test(offset.value) ? `${timeZone} (${offset.value.replace('GMT', 'UTC')})` : timeZone;
}
export const formatDateTime = (iso: string): string => day.format(new Date(iso));

/** answer_human -> "Answer human": codes and states keep their words; only the spelling is for reading. */
export function formatCode(code: string): string {
  const words = code.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
