import type { HealthProblem } from '@yardmaster/protocol';
import { ChevronDown, CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react';
import { useEffect, useId, useState } from 'react';
import { useHealth } from '../../shared/health/health-store.ts';
import { Button } from '../../shared/ui/button.tsx';
import { handFocusOn } from '../../shared/ui/focus-page.ts';
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
  const [first, ...others] = isHidden || health === null ? [] : health.problems;
  return (
    <>
      {/* Always there and empty at first: what comes with its words is not read out. */}
      <p role="status" className="sr-only">
        {next.said}
      </p>
      {health !== null && first !== undefined && others.length === 0 && <OneProblem problem={first} />}
      {health !== null && first !== undefined && others.length > 0 && (
        <SeveralProblems headline={headlineOf(health)} problems={health.problems} />
      )}
      {first === undefined && next.isBack && !isHidden && <Back />}
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

function OneProblem({ problem }: { readonly problem: HealthProblem }) {
  return (
    <Strip look={severityOf(problem)}>
      <Problem problem={problem} />
    </Strip>
  );
}

function Problem({ problem }: { readonly problem: HealthProblem }) {
  const { title, message, since } = problem;
  return (
    <div className="flex gap-2.5">
      <Sign severity={severityOf(problem)} />
      <p className="min-w-0 flex-1 text-pretty wrap-anywhere">
        <strong className="mr-1.5 font-semibold">{title}</strong>
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

interface SeveralProblemsProps {
  readonly headline: string;
  readonly problems: readonly HealthProblem[];
}

/** Their titles in a line; the rest is behind a button, so that the page below is not pushed out of sight. */
function SeveralProblems({ headline, problems }: SeveralProblemsProps) {
  const [isOpen, setOpen] = useState(false);
  const listId = useId();
  const gravest = gravestOf(problems);
  return (
    <Strip look={gravest}>
      <div className="flex items-start gap-2.5">
        <Sign severity={gravest} />
        <p className="min-w-0 flex-1 text-pretty">
          <strong className="mr-1.5 font-semibold">{headline}</strong>
          {!isOpen && problems.map(({ title }) => title).join(' · ')}
        </p>
        <Button
          ref={handFocusOn}
          kind="quiet"
          size="small"
          className="-my-1.5 text-fg"
          aria-expanded={isOpen}
          aria-controls={isOpen ? listId : undefined}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? 'Less' : 'More'}
          <span className="sr-only"> about the state of Yardmaster</span>
          <ChevronDown className={`transition-transform ${isOpen ? 'rotate-180' : ''}`} aria-hidden="true" />
        </Button>
      </div>
      {isOpen && (
        <ul id={listId} className="mt-2 mb-1 flex flex-col gap-2">
          {problems.map((problem) => (
            <li key={problem.code}>
              <Problem problem={problem} />
            </li>
          ))}
        </ul>
      )}
    </Strip>
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
