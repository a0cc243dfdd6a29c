import type { HealthProblem, SystemHealth } from '@yardmaster/protocol';
import { ChevronDown, CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react';
import { useEffect, useId, useState } from 'react';
import { useHealth } from '../../shared/health/health-store.ts';
import { Button } from '../../shared/ui/button.tsx';
import { handFocusOn } from '../../shared/ui/focus-page.ts';
import { useIsWide } from '../../shared/ui/use-is-wide.ts';
import { backText, gravestOf, headlineOf, nextNews, noNews, type Severity, severityOf } from './health-display.ts';

/** How long it is to be seen that everything works again. */
const backShownMs = 6_000;

interface HealthBannerProps {
  /** The page itself has lost the server: then that is what is told, elsewhere, and nothing that may be old. */
  readonly isHidden: boolean;
}

/** Under the head of every page, in its flow: what does not work in Yardmaster just now, and what still does. */
export function HealthBanner({ isHidden }: HealthBannerProps) {
  const health = useHealth();
  const [news, setNews] = useState(noNews);
  const next = isHidden ? news : nextNews(news, health);
  if (next !== news) setNews(next);
  useEffect(() => {
    if (!next.isBack) return;
    const timer = setTimeout(() => setNews((last) => ({ ...last, isBack: false })), backShownMs);
    return () => clearTimeout(timer);
  }, [next.isBack]);
  const isWide = useIsWide();
  const shown = isHidden || health === null || health.problems.length === 0 ? null : health;
  const [first, ...others] = shown?.problems ?? [];
  return (
    <>
      {/* Always there and empty at first: what comes with its words is not read out. */}
      <p role="status" className="sr-only">
        {next.said}
      </p>
      {shown !== null && first !== undefined && (
        <Strip look={gravestOf(shown.problems)}>
          {others.length === 0 && isWide ? <Problem problem={first} /> : <Folded health={shown} />}
        </Strip>
      )}
      {shown === null && next.isBack && !isHidden && <Back />}
    </>
  );
}

const looks = {
  critical: { Icon: CircleAlert, strip: 'border-bad-line bg-bad-soft', icon: 'text-bad' },
  warning: { Icon: TriangleAlert, strip: 'border-warn-line bg-warn-soft', icon: 'text-warn' },
  ok: { Icon: CircleCheck, strip: 'border-line bg-ok-soft', icon: 'text-ok' },
} as const;

function Strip({ look, children }: { readonly look: keyof typeof looks; readonly children: React.ReactNode }) {
  return (
    <section aria-label="State of Yardmaster" data-health={look} className={`border-b ${looks[look].strip}`}>
      <div className="mx-auto max-w-[1480px] px-4 py-2 md:px-6">{children}</div>
    </section>
  );
}

interface ProblemProps {
  readonly problem: HealthProblem;
  /** Its title stands above it already, with its sign. */
  readonly isNamed?: boolean;
}

function Problem({ problem, isNamed = false }: ProblemProps) {
  const { title, message, since } = problem;
  return (
    <div className="flex gap-2.5">
      {isNamed ? <span className="w-4" /> : <Sign severity={severityOf(problem)} />}
      <p className="min-w-0 flex-1 text-pretty wrap-anywhere">
        {!isNamed && <strong className="mr-1.5 font-semibold">{title}</strong>}
        {message}{' '}
        <time
          dateTime={since}
          title={new Date(since).toLocaleString()}
          className="whitespace-nowrap text-muted tabular-nums"
        >
          Since {new Date(since).toLocaleTimeString(undefined, { timeStyle: 'short' })}.
        </time>
      </p>
    </div>
  );
}

function Sign({ severity }: { readonly severity: Severity }) {
  const { Icon, icon } = looks[severity];
  return <Icon className={`mt-0.5 size-4 shrink-0 ${icon}`} aria-hidden="true" />;
}

/** In a line what it is about; the rest is behind a button, so that the page below is not pushed out of sight. */
function Folded({ health }: { readonly health: SystemHealth }) {
  const [isOpen, setOpen] = useState(false);
  const partId = useId();
  const { headline, titles } = headlineOf(health);
  return (
    <>
      <div className="flex items-start gap-2.5">
        <Sign severity={gravestOf(health.problems)} />
        <p className="min-w-0 flex-1 text-pretty">
          <strong className="mr-1.5 font-semibold">{headline}</strong>
          {!isOpen && titles.join(' · ')}
        </p>
        <Button
          ref={handFocusOn}
          kind="quiet"
          size="small"
          className="-my-1.5 text-fg"
          aria-expanded={isOpen}
          aria-controls={isOpen ? partId : undefined}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? 'Less' : 'More'}
          <span className="sr-only"> about the state of Yardmaster</span>
          <ChevronDown className={`transition-transform ${isOpen ? 'rotate-180' : ''}`} aria-hidden="true" />
        </Button>
      </div>
      {isOpen && (
        <ul id={partId} className="mt-2 mb-1 flex flex-col gap-2">
          {health.problems.map((problem) => (
            <li key={problem.code}>
              <Problem problem={problem} isNamed={titles.length === 0} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Back() {
  return (
    <Strip look="ok">
      <p className="flex gap-2.5 font-medium">
        <CircleCheck className="mt-0.5 size-4 shrink-0 text-ok" aria-hidden="true" />
        {backText}
      </p>
    </Strip>
  );
}
