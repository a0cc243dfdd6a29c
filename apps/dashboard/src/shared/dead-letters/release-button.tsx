import { PackageOpen } from 'lucide-react';
import { useState } from 'react';
import { buildName } from '../jobs/job-display.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { handFocusOn } from '../ui/focus-page.ts';
import { type Released, useRelease } from './dead-letters.ts';

interface ReleaseButtonProps {
  readonly build: Released;
  readonly kind?: 'plain' | 'primary';
  readonly id?: string;
}

/** Of the button on the page of a build; a command of the page presses it. */
export const releaseButtonId = 'release-build';

/** Asks first, and says what will be done. It goes when the build was released. */
export function ReleaseButton({ build, kind = 'plain', id }: ReleaseButtonProps) {
  const release = useRelease();
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button
        id={id}
        ref={handFocusOn}
        kind={kind}
        // Not `disabled`, which would take the focus from it.
        aria-disabled={release.isPending || undefined}
        onClick={() => !release.isPending && setAsking(true)}
      >
        <PackageOpen aria-hidden="true" />
        Release as a new build
        <span className="sr-only">: {buildName(build)}</span>
      </Button>
      <Dialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={`Release ${buildName(build)} as a new build?`}
        description="The same upload goes into the queue again, as a build of its own that belongs to the same person and has all its attempts before it."
      >
        <p className="text-pretty">
          It may bring its workers down again. They are started anew by themselves, and the build is set aside once
          more; other builds that run beside it lose an attempt.
        </p>
        <div className="flex flex-wrap justify-end gap-2 pt-4">
          <Button onClick={() => setAsking(false)}>Leave it set aside</Button>
          <Button
            kind="primary"
            onClick={() => {
              setAsking(false);
              release.mutate(build);
            }}
          >
            Release
          </Button>
        </div>
      </Dialog>
    </>
  );
}
