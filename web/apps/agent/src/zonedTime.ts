/** What a clock in a zone shows at a moment, as fields of date and time want it: 2030-01-31T08:00. */
export function clockIn(timeZone: string, at: number): string {
  const shown = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(at);
  return shown.replace(' ', 'T');
}

/** The moment at which the zone's clock shows that. Of an hour that comes twice the first; one that is left out is the hour after it. */
export function momentIn(timeZone: string, clock: string): number {
  const asUtc = (shown: string) => Date.parse(`${shown}Z`);
  const wanted = asUtc(clock);
  if (Number.isNaN(wanted)) return wanted;
  const ahead = (at: number) => asUtc(clockIn(timeZone, at)) - Math.floor(at / 60_000) * 60_000;
  const dayMs = 86_400_000;
  const [before, after] = [wanted - ahead(wanted - dayMs), wanted - ahead(wanted + dayMs)];
  return clockIn(timeZone, before) === clock || clockIn(timeZone, after) !== clock ? before : after;
}

export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** All zones, those that are more likely first. */
export function zones(...likely: (string | undefined)[]): string[] {
  return [...new Set([...likely.filter((zone) => zone !== undefined), ...Intl.supportedValuesOf('timeZone')])];
}
