/** Whether a text from the server may be opened: another scheme (`javascript:`, `data:`) would run what stands in it. */
export function isWebAddress(text: string | null): text is string {
  return text !== null && /^https?:\/\//i.test(text);
}
