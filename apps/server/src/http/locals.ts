import type { Viewer } from '../auth/viewer.ts';

declare global {
  namespace Express {
    /** What middleware leaves for the routes behind it. */
    interface Locals {
      requestId: string;
      /** Set by `authenticate` when somebody is signed in. */
      viewer?: Viewer;
    }
  }
}
