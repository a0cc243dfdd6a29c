import { PackageOpen } from 'lucide-react';
import { apiPath } from '../../shared/api/api.ts';
import { CopyButton } from '../../shared/ui/copy-button.tsx';

/** Where nothing has been built yet: the ways to begin. */
export function FirstBuild() {
  return (
    <section
      aria-labelledby="first-build"
      className="overflow-hidden rounded-panel border border-line bg-panel shadow-panel"
    >
      <div className="flex flex-col items-center gap-2 px-6 pt-10 pb-6 text-center">
        <span className="grid size-10 place-items-center rounded-full bg-panel-2 text-muted">
          <PackageOpen className="size-5" aria-hidden="true" />
        </span>
        <h2 id="first-build" className="text-base font-semibold">
          Nothing has been built yet
        </h2>
        <p className="max-w-lg text-muted text-pretty">
          Your builds show here: their place in the queue, every step as it happens, and the preview when they are done.
          There are three ways to begin.
        </p>
      </div>
      <ol className="grid gap-px border-t border-line bg-line md:grid-cols-3">
        <Way title="Drop a project above">
          <p>A folder or an archive with its sources. What kind of project it is, is found out.</p>
        </Way>
        <Way title="Use the command line">
          <Command text="npx yardmaster deploy <folder>" />
        </Way>
        <Way title="Call the API">
          <Command text={curl()} />
        </Way>
      </ol>
    </section>
  );
}

const curl = () =>
  `curl -H "Authorization: Bearer $YARDMASTER_TOKEN" -F name=my-website -F files=@project.zip ${location.origin}${apiPath}/upload`;

function Way({ title, children }: { readonly title: string; readonly children: React.ReactNode }) {
  return (
    <li className="flex min-w-0 flex-col gap-2 bg-panel p-4">
      <h3 className="font-medium">{title}</h3>
      <div className="text-muted">{children}</div>
    </li>
  );
}

function Command({ text }: { readonly text: string }) {
  return (
    <div className="flex items-start gap-1 rounded-lg bg-panel-2 p-1 pl-3">
      <code className="min-w-0 flex-1 py-1.5 font-mono text-xs leading-5 text-fg wrap-anywhere">{text}</code>
      <CopyButton text={text} label="Copy the command" kind="quiet" className="size-8" />
    </div>
  );
}
