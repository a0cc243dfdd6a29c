/** `percent` is null while it is not known how much there is. */
export function ProgressBar({ percent, label }: { readonly percent: number | null; readonly label: string }) {
  const known = percent === null ? {} : { 'aria-valuenow': Math.round(percent) };
  return (
    <div
      className="h-1.5 w-full overflow-hidden rounded-full bg-panel-2"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...known}
    >
      {percent === null ? (
        <div className="h-full w-1/3 rounded-full bg-accent motion-safe:animate-[slide_1.2s_ease-in-out_infinite]" />
      ) : (
        <div
          className="h-full rounded-full bg-accent transition-[inline-size] duration-300"
          style={{ inlineSize: `${percent}%` }}
        />
      )}
    </div>
  );
}
