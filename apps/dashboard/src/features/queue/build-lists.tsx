import { Hourglass, PackageOpen } from 'lucide-react';
import type { ReactNode } from 'react';
import type { JobsView } from '../../shared/jobs/jobs-store.ts';
import { BuildRow } from './build-row.tsx';

interface ListProps {
  readonly view: JobsView;
  /** A build was cancelled or retried from here. */
  readonly onChanged: () => void;
}

export function ActiveBuilds({ view: { known, active }, onChanged }: ListProps) {
  return (
    <BuildPanel id="active" title="Under way" count={active.length}>
      {active.length > 0 ? (
        <ul className="builds">
          {active.map((job) => (
            <BuildRow key={job.id} job={job} onChanged={onChanged} />
          ))}
        </ul>
      ) : (
        <Empty icon={<Hourglass className="icon" aria-hidden="true" />}>
          {known ? (
            <>
              <strong>Nothing is being built.</strong> Upload a project above, or run{' '}
              <code>npx yardmaster deploy &lt;folder&gt;</code>: it shows here at once, with its place in the queue.
            </>
          ) : (
            'Looking…'
          )}
        </Empty>
      )}
    </BuildPanel>
  );
}

export function EndedBuilds({ view: { known, ended }, onChanged }: ListProps) {
  if (!known) return null;
  return (
    <BuildPanel id="ended" title="Ended" count={ended.length}>
      {ended.length > 0 ? (
        <ul className="builds">
          {ended.map((job) => (
            <BuildRow key={job.id} job={job} onChanged={onChanged} />
          ))}
        </ul>
      ) : (
        <Empty icon={<PackageOpen className="icon" aria-hidden="true" />}>
          <strong>No build has ended yet.</strong> A finished one links to its preview here; a failed one says why, and
          what to do about it.
        </Empty>
      )}
    </BuildPanel>
  );
}

interface PanelProps {
  readonly id: string;
  readonly title: string;
  readonly count: number;
  readonly children: ReactNode;
}

function BuildPanel({ id, title, count, children }: PanelProps) {
  return (
    <section className="panel" aria-labelledby={`${id}-title`}>
      <div className="panel-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {count > 0 && <span className="count">{count}</span>}
      </div>
      {children}
    </section>
  );
}

function Empty({ icon, children }: { readonly icon: ReactNode; readonly children: ReactNode }) {
  return (
    <div className="empty">
      {icon}
      <p>{children}</p>
    </div>
  );
}
