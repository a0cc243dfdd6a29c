import { toast } from 'sonner';
import { troubleOf } from '../api/api.ts';
import { toastMs } from './toast-duration.ts';

/** Says what did not work and why, wherever the reader has gone meanwhile. */
export function troubleToast(message: string, error: unknown): void {
  const { message: reason, hint } = troubleOf(error);
  toast.error(message, { description: hint === null ? reason : `${reason} ${hint}`, duration: toastMs('trouble') });
}

/** Waits for what was shown as done already; when it was not, says so. */
export function attempt(action: Promise<unknown>, message: string): void {
  action.catch((error: unknown) => troubleToast(message, error));
}
