declare module 'virtual:statechart-layout' {
  /** Made by build/statechart-layout-plugin.ts. */
  export const layouts: {
    /** From left to right in columns. */
    readonly wide: import('./chart-layout.ts').ChartLayout;
    /** From top to bottom. */
    readonly tall: import('./chart-layout.ts').ChartLayout;
  };
}
