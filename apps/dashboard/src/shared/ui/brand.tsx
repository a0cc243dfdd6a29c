/** Tracks that fork: the yard where trains are sorted. */
export function Brand() {
  return (
    <span className="inline-flex items-center gap-2.5 text-base font-semibold tracking-tight">
      <svg viewBox="0 0 32 32" aria-hidden="true" className="size-7">
        <rect width="32" height="32" rx="9" fill="var(--brand)" />
        <path d="M6 22.5h20M9 22.5c7 0 6-12 14-12" fill="none" stroke="#fff" strokeWidth="2.6" strokeLinecap="round" />
        <circle cx="23" cy="10.5" r="2.6" fill="#fff" />
      </svg>
      Yardmaster
    </span>
  );
}
