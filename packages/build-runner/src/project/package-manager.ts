import type { BuildSettings } from '@yardmaster/domain';

/** What installs a project. Two yarns, because neither reads the other's lockfile. */
export const packageManagers = ['npm', 'pnpm', 'yarn-classic', 'yarn-berry', 'bun'] as const;
export type PackageManager = (typeof packageManagers)[number];

type Family = NonNullable<BuildSettings['packageManager']>;

/** In the order in which they are preferred: a stray `package-lock.json` is the commonest second lockfile. */
const lockfiles: readonly (readonly [name: string, family: Family])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['npm-shrinkwrap.json', 'npm'],
  ['package-lock.json', 'npm'],
];

export const lockfileNames = lockfiles.map(([name]) => name);

export interface PackageManagerChoice {
  readonly manager: PackageManager;
  /** The lockfile that the install is held to; null when there is none. */
  readonly lockfile: string | null;
  /** Set when the lockfile cannot be held to as it is, with the reason in plain words. */
  readonly unfrozenBecause: string | null;
  readonly notices: readonly string[];
}

/**
 * Chooses from the lockfiles. The website's setting wins; with several lockfiles the `packageManager` field decides
 * and then the order of `lockfiles`; with none the field decides and then npm. A pure function of its arguments.
 */
export const choosePackageManager = ({
  lockfileHeads,
  packageManagerField,
  setting,
}: {
  /** The first kilobyte of each lockfile that exists, by name. */
  readonly lockfileHeads: ReadonlyMap<string, string>;
  readonly packageManagerField: string | null;
  readonly setting: Family | null;
}): PackageManagerChoice => {
  const field = /^(npm|pnpm|yarn|bun)@(\d+)/.exec(packageManagerField ?? '');
  const declared = (field?.[1] ?? null) as Family | null;
  const present = lockfiles.filter(([name]) => lockfileHeads.has(name));
  const families = new Set(present.map(([, family]) => family));
  const fromField = declared !== null && (families.size === 0 || families.has(declared)) ? declared : null;
  const family = setting ?? fromField ?? present[0]?.[1] ?? 'npm';
  const lockfile = present.find(([, owner]) => owner === family)?.[0] ?? null;
  const head = lockfile === null ? '' : (lockfileHeads.get(lockfile) ?? '');
  const notices: string[] = [];
  if (families.size > 1) {
    const names = present.map(([name]) => name).join(', ');
    notices.push(`Several lockfiles were found (${names}). Using ${family}; remove the others to make this certain.`);
  }
  if (lockfile === null && present.length > 0) {
    notices.push(`The settings ask for ${family}, which does not read ${present[0]?.[0]}: versions are resolved anew.`);
  }
  return {
    manager: family === 'yarn' ? yarnFlavour(head, field?.[2]) : family,
    lockfile,
    unfrozenBecause: lockfile === null ? null : reasonNotToFreeze(lockfile, head),
    notices,
  };
};

const yarnFlavour = (lockfileHead: string, declaredMajor: string | undefined): PackageManager => {
  if (lockfileHead.includes('__metadata:')) return 'yarn-berry';
  if (lockfileHead.includes('# yarn lockfile v1')) return 'yarn-classic';
  return declaredMajor === '1' ? 'yarn-classic' : 'yarn-berry';
};

/** The formats that the pinned pnpm and yarn write; they refuse a frozen install from any other. */
const currentPnpmLockfile = '9.';
const currentBerryLockfile = '10';

const reasonNotToFreeze = (lockfile: string, head: string): string | null => {
  if (lockfile === 'pnpm-lock.yaml') {
    const version = /^lockfileVersion:\s*['"]?([\d.]+)/m.exec(head)?.[1];
    if (version === undefined || version.startsWith(currentPnpmLockfile)) return null;
    return `pnpm-lock.yaml has the old format ${version}, which current pnpm does not read: versions are resolved anew.`;
  }
  if (lockfile === 'yarn.lock') {
    const version = /^__metadata:\s+version:\s*(\d+)/m.exec(head)?.[1];
    if (version === undefined || version === currentBerryLockfile) return null;
    return `yarn.lock has format ${version} and is converted to format ${currentBerryLockfile} for this build.`;
  }
  return null;
};
