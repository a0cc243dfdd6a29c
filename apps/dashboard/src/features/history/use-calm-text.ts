import { useEffect, useEffectEvent, useState } from 'react';

/** Follows a text that may change fast, but changes itself at most once per `pauseMs`, then to the latest. */
export function useCalmText(text: string, pauseMs: number): string {
  const [said, setSaid] = useState(text);
  const sayLatest = useEffectEvent(() => setSaid(text));
  const isBehind = said !== text;
  useEffect(() => {
    if (!isBehind) return;
    const timer = setTimeout(() => sayLatest(), pauseMs);
    return () => clearTimeout(timer);
  }, [isBehind, pauseMs]);
  return said;
}
