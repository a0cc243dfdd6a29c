/** Tracks that fork: the yard where trains are sorted. A compact one is the picture only where there is little room. */
export function Brand({ isCompact = false }: { readonly isCompact?: boolean }) {
  return (
    <span className="inline-flex items-center gap-2.5 text-base font-semibold tracking-tight">
      <svg viewBox="0 0 32 32" aria-hidden="true" className="size-7 shrink-0">
        <rect width="32" height="32" rx="9" fill="var(--brand)" />
        <path d="M6 22.5h20M9 22.5c7 0 6-12 14-12" fill="none" stroke="#fff" strokeWidth="2.6" strokeLinecap="round" />
        <circle cx="23" cy="10.5" r="2.6" fill="#fff" />
      </svg>
      <span className={isCompact ? 'max-sm:sr-only' : ''}>Yardmaster</span>
    </span>
  );
}
