import { LocateFixed, Maximize, Minus, Plus } from 'lucide-react';
import { IconButton } from '../../shared/ui/button.tsx';
import type { Camera } from './use-camera.ts';

interface ChartControlsProps extends Pick<Camera, 'isFollowing' | 'onFollow' | 'onZoomIn' | 'onZoomOut' | 'onWhole'> {
  readonly canFollow: boolean;
}

/** In a corner of the chart; on a phone in a bar above it, where they cover nothing. */
export function ChartControls({ canFollow, isFollowing, onFollow, onZoomIn, onZoomOut, onWhole }: ChartControlsProps) {
  return (
    <div className="absolute bottom-3 left-3 z-10 flex gap-1.5 max-sm:top-2 max-sm:bottom-auto">
      <IconButton label="Zoom in" className="size-8!" onClick={onZoomIn}>
        <Plus aria-hidden="true" />
      </IconButton>
      <IconButton label="Zoom out" className="size-8!" onClick={onZoomOut}>
        <Minus aria-hidden="true" />
      </IconButton>
      <IconButton label="Show the whole chart" className="size-8!" onClick={onWhole}>
        <Maximize aria-hidden="true" />
      </IconButton>
      {canFollow && (
        <IconButton
          label="Follow the active state"
          aria-pressed={isFollowing}
          className="size-8! aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent"
          onClick={() => onFollow(!isFollowing)}
        >
          <LocateFixed aria-hidden="true" />
        </IconButton>
      )}
    </div>
  );
}
