import { toast } from 'sonner';
import { troubleOf } from '../../shared/api/api.ts';

/** Waits for what was shown as done already; when it was not, says so. */
export function attempt(action: Promise<unknown>, message: string): void {
  action.catch((error: unknown) => {
    const { message: reason, hint } = troubleOf(error);
    toast.error(message, { description: hint === null ? reason : `${reason} ${hint}` });
  });
}
