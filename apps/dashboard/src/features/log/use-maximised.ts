import { useEffect, useRef, useState } from 'react';

/** Lets a part of the page fill the window. What lies behind it cannot be reached meanwhile; Escape goes back. */
export function useMaximised() {
  const ref = useRef<HTMLElement>(null);
  const [isMaximised, set] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (!isMaximised || element === null) return;
    const behind = besides(element).filter((other) => !other.inert && !other.hasAttribute('aria-live'));
    const { overflow } = document.body.style;
    for (const other of behind) other.inert = true;
    document.body.style.overflow = 'hidden';
    return () => {
      for (const other of behind) other.inert = false;
      document.body.style.overflow = overflow;
    };
  }, [isMaximised]);
  return {
    ref,
    isMaximised,
    set,
    keyPressed: ({ key, defaultPrevented }: React.KeyboardEvent) => {
      if (key === 'Escape' && isMaximised && !defaultPrevented) set(false);
    },
  };
}

/** All elements beside the element and beside those that it is in. */
function besides(element: HTMLElement): readonly HTMLElement[] {
  const others: HTMLElement[] = [];
  for (
    let each: HTMLElement = element;
    each !== document.body && each.parentElement !== null;
    each = each.parentElement
  ) {
    for (const other of each.parentElement.children) {
      if (other !== each && other instanceof HTMLElement) others.push(other);
    }
  }
  return others;
}
