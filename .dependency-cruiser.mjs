// The dependency law of ARCHITECTURE.md, as rules: domain <- application <- {event-store, messaging} <- apps.

/**
 * What one of our packages may not import of ours: everything but what is listed, and itself.
 *
 * @param {string} name
 * @param {string} from
 * @param {readonly string[]} allowed
 */
function onlyOurs(name, from, allowed) {
  return {
    name,
    severity: 'error',
    comment: `${from} imports of ours only: ${allowed.join(', ') || 'nothing'}.`,
    from: { path: `^${from}/(src|testing|bin)/` },
    to: { path: '^(packages|apps|bench)/', pathNot: [from, ...allowed].map((path) => `^${path}/`) },
  };
}

const [domain, protocol, application] = ['packages/domain', 'packages/protocol', 'packages/application'];
const [eventStore, messaging, buildRunner] = ['packages/event-store', 'packages/messaging', 'packages/build-runner'];

export default {
  forbidden: [
    onlyOurs('domain-stands-alone', domain, []),
    onlyOurs('protocol-knows-domain', protocol, [domain]),
    onlyOurs('application-knows-domain', application, [domain, protocol]),
    onlyOurs('event-store-is-an-adapter', eventStore, [application, domain, protocol]),
    onlyOurs('messaging-is-an-adapter', messaging, [application, domain, protocol]),
    onlyOurs('build-runner-knows-domain', buildRunner, [domain]),
    onlyOurs('dashboard-knows-domain-and-protocol', 'apps/dashboard', [domain, protocol]),
    onlyOurs('server-imports-no-app', 'apps/server', ['packages']),
    onlyOurs('worker-imports-no-app', 'apps/worker', ['packages']),
    onlyOurs('cli-imports-no-app', 'apps/cli', ['packages']),
    {
      name: 'dashboard-shared-knows-no-feature',
      severity: 'error',
      comment: 'In the dashboard shared <- features <- app.',
      from: { path: '^apps/dashboard/src/shared/' },
      to: { path: '^apps/dashboard/src/(features|app)/' },
    },
    {
      name: 'dashboard-features-stand-alone',
      severity: 'error',
      comment: 'A feature is composed with others in the app; what two of them need is shared.',
      from: { path: '^apps/dashboard/src/features/([^/]+)/' },
      to: { path: '^apps/dashboard/src/(features|app)/', pathNot: '^apps/dashboard/src/features/$1/' },
    },
    {
      name: 'domain-and-protocol-run-anywhere',
      severity: 'error',
      comment: 'The dashboard replays builds in the browser: no Node built-ins in what it imports.',
      from: { path: `^(${domain}|${protocol})/src/` },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'application-does-no-io',
      severity: 'error',
      comment: 'Use cases reach the world through ports; hashing is pure. Read models are SQLite files by design.',
      from: { path: `^${application}/src/`, pathNot: `^${application}/src/(projections|logs)/` },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|util)$' },
    },
    {
      name: 'read-models-know-sqlite-only',
      severity: 'error',
      from: { path: `^${application}/src/(projections|logs)/` },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|util|sqlite|fs|path|timers/promises)$' },
    },
    {
      name: 'domain-and-application-use-no-io-package',
      severity: 'error',
      from: { path: `^(${domain}|${application})/src/` },
      to: { path: 'node_modules/', pathNot: '/node_modules/(zod|xstate)/' },
    },
    {
      name: 'bootstrap-has-no-dependencies',
      severity: 'error',
      comment: 'It runs before anything is installed.',
      from: { path: '^apps/cli/bin/' },
      to: { pathNot: '^apps/cli/bin/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Of modules that run; a leaf may name a type of the module that calls it.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      comment: 'A module that nothing imports and that imports nothing is dead.',
      from: {
        orphan: true,
        pathNot: [
          '\\.test\\.tsx?$',
          '\\.d\\.ts$',
          '\\.config\\.ts$',
          '/test/',
          '/src/(main|index)\\.tsx?$',
          '^bench/src/in-page\\.js$', // a browser loads these two by their address
          '^apps/dashboard/public/',
        ],
      },
      to: {},
    },
    {
      name: 'nothing-unresolvable',
      severity: 'error',
      comment: 'But what the build of the dashboard makes, which is named virtual.',
      from: {},
      to: { couldNotResolve: true, pathNot: '^virtual:' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|\\.tools|\\.yardmaster)/' },
    tsPreCompilationDeps: true,
    builtInModules: { add: ['node:sqlite', 'node:test'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
    },
  },
};
