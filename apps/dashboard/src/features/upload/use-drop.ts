import { useEffect, useEffectEvent, useState } from 'react';

/**
 * Takes what is dropped anywhere on the page, so that nobody who misses the frame is led away to the file itself.
 * Returns whether something that can be dropped is above the page.
 */
export function useDrop(onDrop: (entries: readonly FileSystemEntry[]) => void): boolean {
  const [isDragging, setDragging] = useState(false);
  const drop = useEffectEvent(onDrop);
  useEffect(() => {
    const gone = new AbortController();
    const { signal } = gone;
    const over = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes('Files') !== true) return;
      event.preventDefault();
      setDragging(true);
    };
    window.addEventListener('dragover', over, { signal });
    window.addEventListener(
      'dragleave',
      ({ relatedTarget }) => {
        if (relatedTarget === null) setDragging(false); // it left the window, not one element for the next
      },
      { signal },
    );
    window.addEventListener(
      'drop',
      (event) => {
        setDragging(false);
        if (event.dataTransfer?.types.includes('Files') !== true) return;
        event.preventDefault();
        drop([...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null));
      },
      { signal },
    );
    return () => gone.abort();
  }, []);
  return isDragging;
}
