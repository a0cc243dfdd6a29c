import { z } from 'zod';

const names = z.record(z.string(), z.unknown()).catch({});

/** What a build needs to know of a `package.json`. Anything malformed in it is read as absent. */
const PackageJson = z.object({
  scripts: z.record(z.string(), z.string().catch('')).catch({}).default({}),
  dependencies: names.default({}),
  devDependencies: names.default({}),
  optionalDependencies: names.default({}),
  packageManager: z.string().nullable().catch(null).default(null),
  workspaces: z.unknown().optional(),
});
export type PackageJson = z.infer<typeof PackageJson>;

/** Parses a `package.json`; null when it is no JSON object, which a package manager will explain to the user. */
export const parsePackageJson = (text: string): PackageJson | null => {
  try {
    const parsed = PackageJson.safeParse(JSON.parse(text.replace(/^\uFEFF/, '')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
};

export const dependsOn = (manifest: PackageJson, name: string): boolean =>
  [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].some((group) =>
    Object.hasOwn(group, name),
  );

export const countDependencies = (manifest: PackageJson): number =>
  new Set([
    ...Object.keys(manifest.dependencies),
    ...Object.keys(manifest.devDependencies),
    ...Object.keys(manifest.optionalDependencies),
  ]).size;
