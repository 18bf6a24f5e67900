import { createApi } from '@everdial/api-client';
import { QueryClient } from '@tanstack/react-query';
import { ApiError } from '@everdial/api-client';

export const queryClient: QueryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2000,
      // The server's no is final; only a server out of reach is worth another try (the client has tried all of them by then).
      retry: (failures, error) => !(error instanceof ApiError) && failures < 2,
    },
  },
});

export const sessionKey = ['session'] as const;

/** The server that served this page, or whatever name or virtual address stands in front of all servers. */
export const api = createApi({
  servers: [window.location.origin],
  onUnauthorised: () => queryClient.setQueryData(sessionKey, null),
});
