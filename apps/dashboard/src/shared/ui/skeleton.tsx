/** Holds the place of what is still being loaded, in its size. */
export function Skeleton({ className = 'h-4 w-full' }: { readonly className?: string }) {
  return <div aria-hidden="true" className={`animate-pulse rounded-md bg-panel-2 ${className}`} />;
}
