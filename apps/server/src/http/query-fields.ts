import { z } from 'zod';

/** More than any line, page or revision, and exact in a number. */
const wholeNumber = z.string().regex(/^\d{1,15}$/, 'This is no whole number.');

/** A whole number in a query, where every value is a text: an empty one is no zero, and one given twice is none. */
export const queryNumber = ({ min = 0, max = Number.MAX_SAFE_INTEGER } = {}) =>
  wholeNumber.transform(Number).pipe(z.number().min(min).max(max));

/** A date, or a date and time, of a year with four digits: moments are compared as texts. */
export const queryMoment = z
  .string()
  .transform((text) => (/^\d{4}-/.test(text) && !Number.isNaN(Date.parse(text)) ? new Date(text).toISOString() : ''))
  .refine((moment) => /^\d{4}-/.test(moment), 'This is no date, such as 2026-01-31 or 2026-01-31T12:00:00Z.');
