import { Link } from '@tanstack/react-router';
import { Signpost } from 'lucide-react';
import { buttonClass } from '../../shared/ui/button.tsx';
import { EmptyState } from '../../shared/ui/empty-state.tsx';

export function NotFoundPage() {
  return (
    <main id="main" tabIndex={-1} className="px-6 py-16 outline-none">
      <title>Not found · Yardmaster</title>
      <h1 className="sr-only">Not found</h1>
      <EmptyState icon={Signpost} title="There is no such page.">
        <p className="mb-4">The address may be mistyped, or what it led to is gone.</p>
        <Link to="/" className={buttonClass({ kind: 'primary' })}>
          All builds
        </Link>
      </EmptyState>
    </main>
  );
}
