/** `percent` is null while it is not known how much there is. */
export function ProgressBar({ percent, label }: { readonly percent: number | null; readonly label: string }) {
  const known = percent === null ? {} : { 'aria-valuenow': Math.round(percent) };
  return (
    <div
      className={percent === null ? 'bar bar-unknown' : 'bar'}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...known}
    >
      <div className="bar-fill" style={percent === null ? undefined : { inlineSize: `${percent}%` }} />
    </div>
  );
}
