import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { jobQuery } from '../api/queries.ts';

interface BuildLinkProps {
  readonly jobId: string;
  /** What it is called while its number is not known: it may be gone, or somebody else's. */
  readonly otherwise: string;
}

/** Leads to another build of the same website, by its number. */
export function BuildLink({ jobId, otherwise }: BuildLinkProps) {
  const { data } = useQuery(jobQuery(jobId));
  return (
    <Link to="/jobs/$jobId" params={{ jobId }} className="rounded text-accent underline-offset-2 [p_&]:underline">
      {data === undefined ? otherwise : `#${data.buildNumber}`}
    </Link>
  );
}
