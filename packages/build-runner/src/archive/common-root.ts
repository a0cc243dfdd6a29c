/** Finds the single folder that all files of an archive share, while the paths stream by. */
export interface RootFinder {
  add(filePath: string): void;
  /** The folder that all files so far share, or `''`. */
  current(): string;
  /** The final answer; null when there were no files at all. */
  conclude(): string | null;
}

export const createRootFinder = (): RootFinder => {
  let root: string | null = null;
  return {
    add(filePath) {
      const slash = filePath.indexOf('/');
      const top = slash === -1 ? '' : filePath.slice(0, slash);
      root = root === null || root === top ? top : '';
    },
    current: () => root ?? '',
    conclude: () => root,
  };
};
