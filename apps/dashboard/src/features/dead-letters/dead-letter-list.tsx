import { useQueryClient } from '@tanstack/react-query';
import type { DeadLetterView } from '@yardmaster/protocol';
import { PackageCheck } from 'lucide-react';
import { useEffect } from 'react';
import { troubleOf } from '../../shared/api/api.ts';
import { deadLettersQuery, isWaiting, useDeadLetters } from '../../shared/dead-letters/dead-letters.ts';
import { countText } from '../../shared/format/quantities.ts';
import { useJobsStore } from '../../shared/jobs/jobs-context.ts';
import { after, refreshOnChange } from '../../shared/jobs/refresh-on-change.ts';
import { Button } from '../../shared/ui/button.tsx';
import { EmptyState } from '../../shared/ui/empty-state.tsx';
import { Count, Panel } from '../../shared/ui/panel.tsx';
import { Skeleton } from '../../shared/ui/skeleton.tsx';
import { StillWaiting } from '../../shared/ui/still-waiting.tsx';
import { TroubleNote } from '../../shared/ui/trouble-note.tsx';
import { DeadLetter } from './dead-letter.tsx';

/** While the list is looked at it is asked for this often, beside what the live connection tells. */
const askEveryMs = 5_000;

/** Builds that were set aside: those that wait for somebody to decide, and those that were released. */
export function DeadLetterList() {
  const { data, error, refetch } = useDeadLetters({ askAgainMs: askEveryMs });
  useRefresh();
  if (data === undefined) {
    if (error === null) return <Loading />;
    return (
      <TroubleNote trouble={troubleOf(error)}>
        <Button size="small" onClick={() => void refetch()}>
          Try again
        </Button>
      </TroubleNote>
    );
  }
  const { deadLetters, total } = data;
  const waiting = deadLetters.filter(isWaiting);
  const released = deadLetters.filter((letter) => !isWaiting(letter));
  return (
    <>
      <Panel id="set-aside" title="Set aside" aside={<Count>{countText(waiting.length)}</Count>}>
        {waiting.length === 0 ? <NoneWaiting hasReleased={released.length > 0} /> : <Letters letters={waiting} />}
      </Panel>
      {released.length > 0 && (
        <Panel id="released" title="Released" aside={<Count>{countText(released.length)}</Count>}>
          <Letters letters={released} />
        </Panel>
      )}
      {total > deadLetters.length && (
        <p className="text-muted">
          The newest {countText(deadLetters.length)} of {countText(total)} are shown.
        </p>
      )}
    </>
  );
}

function useRefresh(): void {
  const store = useJobsStore();
  const client = useQueryClient();
  useEffect(
    () =>
      refreshOnChange({
        store,
        refresh: () => void client.invalidateQueries({ queryKey: deadLettersQuery.queryKey }),
        isLacking: () => client.getQueryState(deadLettersQuery.queryKey)?.status === 'error',
        nowMs: () => performance.now(),
        setTimer: after,
      }),
    [store, client],
  );
}

function Letters({ letters }: { readonly letters: readonly DeadLetterView[] }) {
  return (
    <ul className="divide-y divide-line">
      {letters.map((letter) => (
        <DeadLetter key={letter.jobId} letter={letter} />
      ))}
    </ul>
  );
}

function NoneWaiting({ hasReleased }: { readonly hasReleased: boolean }) {
  if (hasReleased) return <p className="px-4 py-3.5 text-muted">All that were set aside have been released.</p>;
  return (
    <EmptyState icon={PackageCheck} title="No build has been set aside">
      <p>
        A build that brings down its worker twice, or loses its worker at its last attempt, is not tried again by
        itself. It comes here with the evidence, until somebody releases it as a new build.
      </p>
    </EmptyState>
  );
}

function Loading() {
  return (
    <div className="flex flex-col gap-3 rounded-panel border border-line bg-panel p-4 shadow-panel">
      <p role="status" className="sr-only">
        Loading the builds that were set aside…
      </p>
      <Skeleton className="h-5 w-1/3" />
      <Skeleton className="h-4 w-2/3" />
      <Skeleton className="h-20 w-full" />
      <StillWaiting />
    </div>
  );
}
