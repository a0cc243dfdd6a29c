import { Link } from '@tanstack/react-router';
import { Signpost, TriangleAlert } from 'lucide-react';
import type { Replay } from '../../shared/replay/replay-build.ts';
import { Button, buttonClass } from '../../shared/ui/button.tsx';
import { EmptyState } from '../../shared/ui/empty-state.tsx';
import { Skeleton } from '../../shared/ui/skeleton.tsx';
import { StillWaiting } from '../../shared/ui/still-waiting.tsx';

/** The page in its shape, until the build is known. */
export function BuildSkeleton() {
  return (
    <div className="flex flex-col gap-4">
      <p role="status" className="sr-only">
        Loading the build…
      </p>
      <StillWaiting />
      <div className="flex h-11 items-center">
        <Skeleton className="h-4 w-40" />
      </div>
      <div className="flex flex-wrap items-center gap-4">
        <Skeleton className="h-8 w-64" />
        <Skeleton className="ml-auto h-9 w-48" />
      </div>
      <Skeleton className="h-5 w-full max-w-lg" />
      <Skeleton className="h-36 w-full rounded-panel" />
      <div className="grid gap-4 xl:grid-cols-[minmax(0,1fr)_24rem]">
        <Skeleton className="h-96 w-full rounded-panel" />
        <Skeleton className="h-96 w-full rounded-panel" />
      </div>
    </div>
  );
}

export function BuildNotFound() {
  return (
    <div className="py-10">
      <h1 className="sr-only">No such build</h1>
      <EmptyState icon={Signpost} title="There is no such build, or it is not yours">
        <p className="mb-4">
          The address may be mistyped. Builds of others are not shown, not even that they are there.
        </p>
        <Link to="/" className={buttonClass({ kind: 'primary' })}>
          All builds
        </Link>
      </EmptyState>
    </div>
  );
}

/** The recorded history and the machine of this page disagree: what is shown ends where they part. */
export function DriftNote({ replay }: { readonly replay: Replay }) {
  if (replay.ok) return null;
  return (
    <section
      aria-labelledby="drift"
      className="flex flex-wrap items-start gap-3 rounded-panel border border-warn bg-warn-soft p-4"
    >
      <TriangleAlert className="mt-0.5 size-4 shrink-0 text-warn" aria-hidden="true" />
      <div className="min-w-0 flex-1 basis-64">
        <h2 id="drift" className="text-sm font-semibold">
          The history can be replayed up to event {replay.driftAt} only
        </h2>
        <p className="wrap-anywhere text-pretty">
          {replay.reason} The status above is the server’s own; the steps, the chart and the moments below end there. If
          Yardmaster was updated a moment ago, reload the page.
        </p>
      </div>
      <Button onClick={() => location.reload()}>Reload the page</Button>
    </section>
  );
}
