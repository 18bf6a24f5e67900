import { useEffect, useState } from 'react';
import { formatAge, formatDateTime, formatExact } from './format';

/** The present, redrawn each second. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** How long ago something was; the exact time is in the tooltip and for machines in the attribute. */
export function Age({ since }: { since: string }) {
  const now = useNow();
  return (
    <time dateTime={since} title={formatExact(since)}>
      {formatAge(now - Date.parse(since))}
    </time>
  );
}

export function When({ at }: { at: string }) {
  return (
    <time dateTime={at} title={formatExact(at)}>
      {formatDateTime(at)}
    </time>
  );
}
