import { useQuery } from '@tanstack/react-query';
import { sessionQuery } from '../queries';

/** Servers, components and zones are an administrator's. */
export function useMayAdminister(): boolean {
  return useQuery(sessionQuery).data?.account.role === 'administrator';
}

/** Viewers read; everybody else may also change lists, campaigns and jobs. The server decides; this only hides what it would refuse. */
export function useMayChange(): boolean {
  const session = useQuery(sessionQuery);
  return session.data ? session.data.account.role !== 'viewer' : false;
}
