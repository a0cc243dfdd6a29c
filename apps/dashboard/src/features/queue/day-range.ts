/** A day where the person is, as `2026-01-31`. */
export function dayOf(date: Date): string {
  const part = (value: number, length: number) => String(value).padStart(length, '0');
  return `${part(date.getFullYear(), 4)}-${part(date.getMonth() + 1, 2)}-${part(date.getDate(), 2)}`;
}

/** The first of the last `days` days, of which today is one. */
export function firstOfLast(days: number, now: Date): string {
  return dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - days + 1));
}

export interface DayRange {
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** "Any day", "Today", "31 Jan", "Since 1 Jan", "Until 31 Jan", "1 Jan – 31 Jan"; with the year where it is another. */
export function rangeText({ from, to }: DayRange, now: Date): string {
  const today = dayOf(now);
  const text = (day: string): string => {
    const isThisYear = day.slice(0, 4) === today.slice(0, 4);
    const options: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' };
    if (!isThisYear) options.year = 'numeric';
    return new Date(`${day}T12:00:00`).toLocaleDateString(undefined, options);
  };
  if (from === undefined) return to === undefined ? 'Any day' : `Until ${text(to)}`;
  if (from === today && (to === undefined || to === today)) return 'Today';
  if (to === undefined) return `Since ${text(from)}`;
  return from === to ? text(from) : `${text(from)} – ${text(to)}`;
}
