import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { BuildSearch } from '../features/job/build-search.ts';
import { QueueSearch } from '../features/queue/queue-search.ts';
import { BuildsPage } from './pages/builds-page.tsx';
import { NotFoundPage } from './pages/not-found-page.tsx';
import { PageFailed } from './pages/page-failed.tsx';
import { Shell } from './shell.tsx';

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage });

const buildsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  validateSearch: QueueSearch,
  component: BuildsPage,
});

const buildRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/jobs/$jobId',
  validateSearch: BuildSearch,
  component: lazyRouteComponent(() => import('./pages/build-page.tsx'), 'BuildPage'),
});

/** Whoever is signed in has no more to do there. */
const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  beforeLoad: () => {
    throw redirect({ to: '/', replace: true });
  },
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([buildsRoute, buildRoute, signInRoute]),
  defaultPreload: 'intent',
  // Each page has a boundary of its own, inside of the shell.
  defaultErrorComponent: PageFailed,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
