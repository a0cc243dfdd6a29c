import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { BuildSearch } from '../features/job/build-search.ts';
import { QueueSearch } from '../features/queue/queue-search.ts';
import { NotFoundPage } from './pages/not-found-page.tsx';
import { PageFailed } from './pages/page-failed.tsx';
import { Shell } from './shell.tsx';

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage });

const buildsPage = lazyRouteComponent(() => import('./pages/builds-page.tsx'), 'BuildsPage');
const buildPage = lazyRouteComponent(() => import('./pages/build-page.tsx'), 'BuildPage');
// The page that was opened is loaded while the server is asked who is signed in. Should that fail, the route tells.
void (location.pathname === '/' ? buildsPage : buildPage).preload?.();

const buildsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  validateSearch: QueueSearch,
  component: buildsPage,
});

const buildRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/jobs/$jobId',
  validateSearch: BuildSearch,
  component: buildPage,
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
