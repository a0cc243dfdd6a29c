import { z } from 'zod';
import { parseEventStoreUrl } from './event-store-url.ts';
import { nearestName } from './nearest-name.ts';

const MEGABYTE = 1_000_000;
/** A day: longer than any build may take, all its attempts included. */
const MAX_DRAIN_MS = 86_400_000;
/** As many as `up` starts, on each of eight machines. */
const MAX_SERVER_URLS = 64;

/**
 * Every setting of the product, each with its environment name and the sentence that documents it.
 *
 * The supervisor, the server, the workers and the command line all read this one schema, and a test holds the table in
 * README.md equal to it. Times end in `Ms`, sizes in `Bytes`.
 */
export const settingsSchema = z.object({
  port: setting('YARDMASTER_PORT', integer({ min: 0, max: 65_535 }).default(4000), {
    description: 'The one port of the dashboard, the API and the previews. 0 takes a free one.',
  }),
  host: setting('YARDMASTER_HOST', text().default('127.0.0.1'), {
    description: 'The address to listen on. The default can be reached from this machine only.',
  }),
  publicUrl: setting('YARDMASTER_PUBLIC_URL', httpUrl().optional(), {
    description: 'The address people use, when a proxy stands in front. By default http://localhost and the port.',
  }),
  previewDomain: setting('YARDMASTER_PREVIEW_DOMAIN', text().default('preview.localhost'), {
    description: 'Previews are served as <name>.<this domain>; off localhost it needs a wildcard DNS record.',
  }),
  dataDir: setting('YARDMASTER_DATA_DIR', text().default('.yardmaster'), {
    description: 'Where everything is kept. A relative path starts at the root of the repository.',
  }),
  servers: setting('YARDMASTER_SERVERS', integer({ min: 1, max: 8 }).default(1), {
    description: 'How many servers `yardmaster up` starts, on the port and those that follow it.',
  }),
  workers: setting('YARDMASTER_WORKERS', integer({ min: 0, max: 64 }).default(1), {
    description: 'How many worker processes `yardmaster up` starts.',
  }),
  slots: setting('YARDMASTER_SLOTS', integer({ min: 1, max: 64 }).default(2), {
    description: 'How many builds one worker runs at a time.',
  }),
  drainMs: setting('YARDMASTER_DRAIN_MS', integer({ min: 0, max: MAX_DRAIN_MS }).default(0), {
    description: 'How long builds under way may go on when everything is stopped, before they are handed back.',
  }),
  eventStoreUrl: setting('EVENTSTORE_URL', eventStoreUrl().optional(), {
    description: 'Connection string of an EventStoreDB. Without it events are kept in SQLite in the data directory.',
    secret: true,
  }),
  takeOverStore: setting('YARDMASTER_TAKE_OVER_STORE', flag(), {
    description: 'true: a new data directory goes on with the EventStoreDB of one that is lost.',
  }),
  natsUrl: setting('NATS_URL', url(/^(nats|tls|ws|wss)$/).optional(), {
    description: 'A NATS server of your own. Without it `yardmaster up` runs one.',
    secret: true,
  }),
  uploadMaxBytes: setting('YARDMASTER_UPLOAD_MAX_BYTES', integer({ min: 1 }).default(500 * MEGABYTE), {
    description: 'Largest archive accepted.',
  }),
  uploadMaxFiles: setting('YARDMASTER_UPLOAD_MAX_FILES', integer({ min: 1 }).default(100_000), {
    description: 'Most files in one upload.',
  }),
  uploadMaxUnpackedBytes: setting(
    'YARDMASTER_UPLOAD_MAX_UNPACKED_BYTES',
    integer({ min: 1 }).default(2000 * MEGABYTE),
    {
      description: 'Largest size of an upload once unpacked.',
    },
  ),
  uploadMaxFileBytes: setting('YARDMASTER_UPLOAD_MAX_FILE_BYTES', integer({ min: 1 }).default(200 * MEGABYTE), {
    description: 'Largest single file of an upload once unpacked.',
  }),
  uploadMaxRatio: setting('YARDMASTER_UPLOAD_MAX_RATIO', integer({ min: 1 }).default(100), {
    description: 'Highest ratio of unpacked to packed size; more is taken for an archive bomb.',
  }),
  uploadRatioFloorBytes: setting('YARDMASTER_UPLOAD_RATIO_FLOOR_BYTES', integer({ min: 0 }).default(10 * MEGABYTE), {
    description: 'Unpacked size up to which the ratio is not looked at.',
  }),
  uploadMaxPathBytes: setting('YARDMASTER_UPLOAD_MAX_PATH_BYTES', integer({ min: 1 }).default(1024), {
    description: 'Longest path inside an upload.',
  }),
  url: setting('YARDMASTER_URL', httpUrl().optional(), {
    description: 'The server that commands talk to. By default the one that runs on the local data directory.',
  }),
  token: setting('YARDMASTER_TOKEN', text().optional(), {
    description: 'The API token that commands use. By default the one in the data directory.',
    secret: true,
  }),
  instanceId: setting('YARDMASTER_INSTANCE_ID', text().optional(), {
    description: 'Set by the supervisor for its children: names the data directory, to mark build processes with.',
    internal: true,
  }),
  serverId: setting('YARDMASTER_SERVER_ID', processName().default('server'), {
    description: 'Set by the supervisor for each server: its name, and where it keeps its read models.',
    internal: true,
  }),
  serverUrls: setting('YARDMASTER_SERVER_URL', httpUrls(), {
    description:
      'Set by the supervisor for its workers: where they fetch sources and publish output, with commas between.',
    internal: true,
  }),
  workerId: setting('YARDMASTER_WORKER_ID', text().optional(), {
    description: 'Set by the supervisor for each worker: its name on the message server.',
    internal: true,
  }),
  natsSeed: setting('YARDMASTER_NATS_SEED', text().optional(), {
    description: 'The nkey seed a process signs in to NATS with. The supervisor gives each child one of its own.',
    secret: true,
  }),
});

/** All settings, checked and with their defaults. */
export type Settings = z.output<typeof settingsSchema>;

/** The bounds that an upload has to keep: the server judges by them, and a worker again when it unpacks. */
export function uploadLimits(settings: Settings) {
  return {
    maxArchiveBytes: settings.uploadMaxBytes,
    maxFiles: settings.uploadMaxFiles,
    maxUnpackedBytes: settings.uploadMaxUnpackedBytes,
    maxFileBytes: settings.uploadMaxFileBytes,
    maxCompressionRatio: settings.uploadMaxRatio,
    ratioFloorBytes: settings.uploadRatioFloorBytes,
    maxPathBytes: settings.uploadMaxPathBytes,
  };
}

/** How one setting is documented; `secret` values are never shown, `internal` ones are not for people to set. */
export type SettingFacts = {
  readonly env: string;
  readonly description: string;
  readonly secret: boolean;
  readonly internal: boolean;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Names that build processes and tests carry; known, so that they raise no warning, but read by nothing here. */
const MARKER_NAMES: readonly string[] = ['YARDMASTER_BUILD_OWNER', 'YARDMASTER_BUILD_JOB'];

/** The documentation of every setting, by key, in the order of the schema. */
export const settingFacts = Object.fromEntries(
  Object.entries(settingsSchema.shape).map(([key, schema]) => [key, schema.meta()]),
) as unknown as Readonly<Record<keyof Settings, SettingFacts>>; // every key was given its facts by `setting` above

/**
 * Reads all settings from an environment.
 *
 * An empty value counts as not set. Problems name the variable and what it must be, never the value of a secret.
 * Warnings name `YARDMASTER_*` variables that mean nothing, with the nearest name that does.
 */
export function readSettings(
  env: Environment,
):
  | { readonly ok: true; readonly settings: Settings; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly string[] } {
  const input = Object.fromEntries(
    Object.entries(settingFacts).map(([key, facts]) => [key, env[facts.env] === '' ? undefined : env[facts.env]]),
  );
  const parsed = settingsSchema.safeParse(input);
  if (parsed.success) return { ok: true, settings: parsed.data, warnings: unknownNames(env) };
  return { ok: false, problems: parsed.error.issues.map((issue) => problem(issue, env)) };
}

function problem(issue: z.core.$ZodIssue, env: Environment): string {
  const facts = settingFacts[issue.path[0] as keyof Settings]; // the schema is flat: the path is the key
  const given = facts.secret ? 'its value' : JSON.stringify(env[facts.env]);
  return `${facts.env}: ${given} does not fit: ${issue.message}.`;
}

function unknownNames(env: Environment): readonly string[] {
  const known = [...Object.values(settingFacts).map((facts) => facts.env), ...MARKER_NAMES];
  return Object.keys(env)
    .filter((name) => name.startsWith('YARDMASTER_') && !known.includes(name))
    .map((name) => {
      const nearest = nearestName(name, known);
      return `${name} is no setting${nearest === null ? '' : `; did you mean ${nearest}?`}`;
    });
}

function setting<Schema extends z.ZodType>(
  env: string,
  schema: Schema,
  facts: { readonly description: string; readonly secret?: true; readonly internal?: true },
): Schema {
  const { description, secret = false, internal = false } = facts;
  return schema.meta({ env, description, secret, internal });
}

function text() {
  return z.string().trim().min(1, 'it must not be blank');
}

/** Names a process, a file and a folder, and is a token of a subject on the message server. */
function processName() {
  const message = 'it must be 1 to 64 characters of a-z, 0-9 and -, and start with a letter or digit';
  return z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, { message });
}

function flag() {
  return z
    .enum(['true', 'false'], { message: 'it must be true or false' })
    .default('false')
    .transform((value) => value === 'true');
}

function integer(bounds: { readonly min: number; readonly max?: number }) {
  const max = bounds.max ?? Number.MAX_SAFE_INTEGER;
  const wanted = bounds.max === undefined ? `at least ${bounds.min}` : `from ${bounds.min} to ${bounds.max}`;
  const message = `it must be a whole number ${wanted}`;
  return z
    .string()
    .regex(/^\d+$/, { message, abort: true })
    .transform(Number)
    .pipe(z.number().min(bounds.min, message).max(max, message));
}

function url(protocol: RegExp) {
  return z.string().refine((value) => URL.canParse(value) && protocol.test(new URL(value).protocol.slice(0, -1)), {
    message: `it must be a URL that starts with ${protocol.source.replace(/[\^$()\\]/g, '').replaceAll('|', '://, ')}://`,
  });
}

function eventStoreUrl() {
  const message =
    'it must be a connection string such as esdb://host:2113?tls=false or esdb://user:password@a:2113,b:2113,c:2113, ' +
    'with special characters in user and password percent-encoded';
  return z
    .string()
    .trim()
    .refine((text) => parseEventStoreUrl(text) !== null, { message });
}

/** Without the slash at the end, so that paths can be appended. */
function httpUrl() {
  return url(/^(http|https)$/).transform((value) => value.replace(/\/+$/, ''));
}

/** As a list with commas between; empty where there is none. */
function httpUrls() {
  return z
    .string()
    .default('')
    .transform((value) => value.split(',').flatMap((one) => one.trim() || []))
    .pipe(z.array(httpUrl()).max(MAX_SERVER_URLS, `it must be no more than ${MAX_SERVER_URLS} addresses`));
}
