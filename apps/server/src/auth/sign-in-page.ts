import type { Rejection } from '@yardmaster/domain';
import { htmlPage } from '../html-page.ts';
import { rejectionProblem } from '../http/problem-details.ts';

/** What a person sees when a sign-in link does not work. */
export function signInFailedPage(rejection: Rejection): { readonly status: number; readonly html: string } {
  return {
    status: rejectionProblem(rejection).status,
    html: htmlPage({
      title: 'This link does not sign you in',
      paragraphs: [
        rejection.message,
        'A link works once, for a quarter of an hour. Run "npx yardmaster link" where Yardmaster runs to get a new one.',
      ],
    }),
  };
}
