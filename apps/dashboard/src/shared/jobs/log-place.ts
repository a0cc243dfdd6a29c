/** Of the part of a build's page that shows its log. */
export const logPlaceId = 'log';

/** Brings the log to the top of the window and moves the focus to its lines, where the arrow keys scroll. */
export function goToLog(): void {
  const place = document.getElementById(logPlaceId);
  place?.scrollIntoView();
  const lines = place?.querySelector<HTMLElement>('[role="log"]');
  (lines ?? place)?.focus({ preventScroll: true });
}
