import { dependsOn, type PackageJson, parsePackageJson } from './package-json.ts';

/** From the most telling dependency to the least: a Preact project may also name React for its types. */
const tellingDependencies = [
  ['svelte', 'svelte'],
  ['solid-js', 'solid'],
  ['preact', 'preact'],
  ['lit', 'lit'],
  ['@builder.io/qwik', 'qwik'],
  ['vue', 'vue'],
  ['react', 'react'],
] as const;

export type WebsiteType = (typeof tellingDependencies)[number][1] | 'vanilla' | 'static';

/** Names the framework of a project from its `package.json`; `static` when there is none. */
export const websiteType = (manifest: PackageJson | null): WebsiteType => {
  if (manifest === null) return 'static';
  return tellingDependencies.find(([name]) => dependsOn(manifest, name))?.[1] ?? 'vanilla';
};

/** The same from the text of a `package.json`; one that cannot be read names no framework and is `static` too. */
export const websiteTypeOf = (packageJson: string | null): WebsiteType =>
  websiteType(packageJson === null ? null : parsePackageJson(packageJson));
