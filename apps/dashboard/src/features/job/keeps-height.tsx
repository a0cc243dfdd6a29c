import { type ReactNode, useLayoutEffect, useRef } from 'react';

interface KeepsHeightProps {
  readonly isPast: boolean;
  readonly className: string;
  readonly children: ReactNode;
}

/** In the past never lower than it is live, so that the slider below stays under the pointer that scrubs. */
export function KeepsHeight({ isPast, className, children }: KeepsHeightProps) {
  const area = useRef<HTMLDivElement>(null);
  const livePx = useRef(0);
  useLayoutEffect(() => {
    const element = area.current;
    if (element === null) return;
    element.style.minBlockSize = isPast ? `${livePx.current}px` : '';
    if (isPast) return;
    const observer = new ResizeObserver(() => {
      livePx.current = element.offsetHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [isPast]);
  return (
    <div ref={area} className={className}>
      {children}
    </div>
  );
}
