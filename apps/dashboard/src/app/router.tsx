import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { BuildSearch } from '../features/job/build-search.ts';
import { QueueSearch } from '../features/queue/queue-search.ts';
import { BuildsPage } from './pages/builds-page.tsx';
import { NotFoundPage } from './pages/not-found-page.tsx';
import { PageFailed } from './pages/page-failed.tsx';
import { Shell } from './shell.tsx';

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage, errorComponent: PageFailed });

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

export const router = createRouter({
  routeTree: rootRoute.addChildren([buildsRoute, buildRoute]),
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
