import { bodyOf, type NewExport } from '@everdial/api-client';
import { ErrorPanel } from '@everdial/ui';
import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api, queryClient } from '../api';

/** Asks for a file and goes to where it appears. */
export function ExportButton({ of, children }: { of: NewExport; children: string }) {
  const navigate = useNavigate();
  const make = useMutation({
    mutationFn: () => bodyOf(api.http.POST('/exports', { body: of })),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: ['exports'] });
      await navigate({ to: '/exports' });
    },
  });
  return (
    <>
      {make.error && <ErrorPanel error={make.error} />}
      <Button variant="default" loading={make.isPending} onClick={() => make.mutate()}>
        {children}
      </Button>
    </>
  );
}
