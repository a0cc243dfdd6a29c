import type { ComponentProps } from 'react';
import { Tooltip } from './tooltip.tsx';

export type ButtonKind = 'plain' | 'primary' | 'quiet' | 'danger';

const base =
  'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-lg border font-medium whitespace-nowrap ' +
  'no-underline transition-colors disabled:cursor-not-allowed disabled:opacity-50 aria-disabled:opacity-50 ' +
  '[&>svg]:size-4 [&>svg]:shrink-0';

const kinds: Readonly<Record<ButtonKind, string>> = {
  plain: 'border-line bg-panel text-fg hover:bg-panel-2',
  primary: 'border-transparent bg-accent text-accent-fg hover:bg-accent-hover',
  quiet: 'border-transparent bg-transparent text-muted hover:bg-panel-2 hover:text-fg',
  danger: 'border-bad-line bg-panel text-bad hover:bg-bad-soft',
};

/** Fingers get targets of 44 px. */
const sizes = {
  small: 'h-8 px-2.5 text-[13px] pointer-coarse:h-10',
  normal: 'h-9 px-3.5 text-sm pointer-coarse:h-11',
  square: 'size-9 p-0 pointer-coarse:size-11',
} as const;

/** The look of a button, for links and for what a library renders. */
export function buttonClass({
  kind = 'plain',
  size = 'normal',
}: {
  readonly kind?: ButtonKind;
  readonly size?: keyof typeof sizes;
} = {}): string {
  return `${base} ${kinds[kind]} ${sizes[size]}`;
}

interface ButtonProps extends ComponentProps<'button'> {
  readonly kind?: ButtonKind;
  readonly size?: 'small' | 'normal';
}

export function Button({ kind = 'plain', size = 'normal', className = '', ...props }: ButtonProps) {
  return <button type="button" className={`${buttonClass({ kind, size })} ${className}`} {...props} />;
}

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'aria-label'> {
  /** What it does; the tooltip and the name for a screen reader. */
  readonly label: string;
  readonly kind?: ButtonKind;
}

/** A button that shows an icon only. */
export function IconButton({ label, kind = 'plain', className = '', ...props }: IconButtonProps) {
  return (
    <Tooltip content={label}>
      <button
        type="button"
        aria-label={label}
        className={`${buttonClass({ kind, size: 'square' })} ${className}`}
        {...props}
        // The tooltip says what the name says: no description, which would be read out a second time.
        aria-describedby={props['aria-describedby']}
      />
    </Tooltip>
  );
}
