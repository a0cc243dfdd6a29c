/** The address of this page, at a line of the log. */
export function linkTo(n: number): string {
  const address = new URL(location.href);
  address.searchParams.set('line', String(n));
  return address.href;
}
