import { useCallback, useEffect, useEffectEvent, useState } from 'react';

/** A slider that moves through hundreds of moments writes only the one that it rests at to the address, after this. */
export const restMs = 150;

interface MomentOptions {
  /** The moment in the address; null is live. */
  readonly inAddress: number | null;
  readonly lastRevision: number;
  readonly writeToAddress: (moment: number | null) => void;
}

/**
 * The moment that is looked at, null for live. It follows the address (links, the back button), and the address follows
 * it once it rests. The last revision, and whatever a link names beyond it, is live.
 */
export function useMoment({ inAddress, lastRevision, writeToAddress }: MomentOptions) {
  const named = momentOf(inAddress, lastRevision);
  const [moment, setMoment] = useState(named);
  const [seen, setSeen] = useState(inAddress);
  /** What this page wrote and the address has not shown yet; it is no wish to go there. */
  const [written, setWritten] = useState<number | null | undefined>(undefined);
  if (seen !== inAddress) {
    setSeen(inAddress);
    setWritten(undefined);
    if (inAddress !== written) setMoment(named);
  }
  const write = useEffectEvent(() => {
    setWritten(moment);
    writeToAddress(moment);
  });
  useEffect(() => {
    if (moment === inAddress) return;
    const timer = setTimeout(() => write(), restMs);
    return () => clearTimeout(timer);
  }, [moment, inAddress]);
  const goTo = useCallback((next: number | null) => setMoment(momentOf(next, lastRevision)), [lastRevision]);
  return { moment, goTo };
}

export function momentOf(revision: number | null, lastRevision: number): number | null {
  return revision === null || revision >= lastRevision ? null : revision;
}
