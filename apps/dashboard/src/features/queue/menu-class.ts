/** The look of menus in which something is chosen, the same as that of the menus in which something is done. */
export const menuClass =
  'z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-44 overflow-y-auto rounded-panel border border-line ' +
  'bg-panel p-1 shadow-float';

export const menuItemClass =
  'flex min-h-8 cursor-pointer items-center gap-2 rounded-lg px-2.5 text-sm outline-none select-none ' +
  'data-highlighted:bg-panel-2 pointer-coarse:min-h-11';
