import { EmptyState } from '@everdial/ui';
import { Link } from '@tanstack/react-router';

export function NotFoundPage() {
  return (
    <main>
      <EmptyState title="There is no such page" action={<Link to="/status">Go to Status</Link>}>
        The address may be mistyped, or the thing it named may have been removed.
      </EmptyState>
    </main>
  );
}
