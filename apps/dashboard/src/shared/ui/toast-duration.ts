type ToastKind = 'brief' | 'end' | 'trouble';

/**
 * Ends are read by somebody who did not wait for them, and lead somewhere. Why something failed takes time to read, and
 * is nowhere else. A phone has no room beside a toast: there it goes sooner from what it lies over.
 */
const durationsMs: Readonly<Record<ToastKind, { readonly wide: number; readonly phone: number }>> = {
  brief: { wide: 4_000, phone: 3_000 },
  end: { wide: 12_000, phone: 6_000 },
  trouble: { wide: 12_000, phone: 8_000 },
};

/** Where toasts are as wide as the page. */
const phone = '(max-width: 600px)';

export const toastMs = (kind: ToastKind): number => durationsMs[kind][matchMedia(phone).matches ? 'phone' : 'wide'];
