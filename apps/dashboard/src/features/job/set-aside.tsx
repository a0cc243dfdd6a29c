import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { WorkerLoss } from '@yardmaster/domain';
import type { JobSummary } from '@yardmaster/protocol';
import { jobQuery } from '../../shared/api/queries.ts';
import { LossList } from '../../shared/dead-letters/loss-list.tsx';
import { ReleaseButton, releaseButtonId } from '../../shared/dead-letters/release-button.tsx';
import { BuildLink } from '../../shared/jobs/build-link.tsx';
import { canOperate } from '../../shared/session/can-operate.ts';
import { useSession } from '../../shared/session/session-context.ts';

/** Whether it was released is in no event of the build: it is asked for this often. */
const askEveryMs = 15_000;

interface SetAsideProps {
  readonly job: JobSummary;
  readonly losses: readonly WorkerLoss[];
}

/** Why a build is not tried again by itself, on what evidence, and who can do what about it. */
export function SetAside({ job, losses }: SetAsideProps) {
  const { viewer } = useSession();
  const { data } = useQuery({ ...jobQuery(job.id), refetchInterval: askEveryMs });
  const releasedAs = data?.deadLetter?.releasedAs ?? null;
  return (
    <div className="flex flex-col gap-3 p-4">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <p className="min-w-0 flex-1 basis-72 text-pretty">
          {releasedAs === null ? (
            <Waiting mayRelease={canOperate(viewer)} />
          ) : (
            <>
              It was released as a new build: <BuildLink jobId={releasedAs} otherwise="the new build" />.
            </>
          )}
        </p>
        {canOperate(viewer) && releasedAs === null && (
          <ReleaseButton
            id={releaseButtonId}
            kind="primary"
            build={{ jobId: job.id, websiteName: job.websiteName, buildNumber: job.buildNumber }}
          />
        )}
      </div>
      {losses.length > 0 && <LossList losses={losses} />}
    </div>
  );
}

function Waiting({ mayRelease }: { readonly mayRelease: boolean }) {
  if (!mayRelease) {
    return 'It is not tried again by itself, since it may bring down the next worker too. An operator or an administrator can release it as a new build. A changed project can be uploaded as always.';
  }
  return (
    <>
      It is not tried again by itself, since it may bring down the next worker too. Look at its log and at the attempts
      below before you release it. All such builds are among the{' '}
      <Link to="/dead-letters" className="rounded text-accent underline underline-offset-2">
        dead letters
      </Link>
      .
    </>
  );
}
