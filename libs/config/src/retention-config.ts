import type { z } from 'zod';
import { wholeNumber } from './whole-number.ts';

/** For how many days what nobody needs any more is kept. Evidence is none of it: it stays. */
export interface RetentionConfig {
  /** What an Idempotency-Key asked for and was answered. */
  requestDays: number;
  /** Call-backs that were delivered or given up. */
  callbackDays: number;
  /** Sessions that have ended. */
  sessionDays: number;
  /** The doctor's examinations, but the newest of each endpoint. */
  probeDays: number;
}

/** Sign-in knows a person's addresses by his sessions of the last 30 days. */
const LEAST_SESSION_DAYS = 30;
const MOST_DAYS = 3_650;

export const RETENTION_SCHEMA = {
  WAYBILL_KEEP_REQUESTS_DAYS: wholeNumber(1, MOST_DAYS).default(30),
  WAYBILL_KEEP_CALLBACKS_DAYS: wholeNumber(1, MOST_DAYS).default(30),
  WAYBILL_KEEP_SESSIONS_DAYS: wholeNumber(LEAST_SESSION_DAYS, MOST_DAYS).default(90),
  WAYBILL_KEEP_PROBES_DAYS: wholeNumber(1, MOST_DAYS).default(90),
};

export function retentionConfigOf(values: z.infer<z.ZodObject<typeof RETENTION_SCHEMA>>): RetentionConfig {
  return {
    requestDays: values.WAYBILL_KEEP_REQUESTS_DAYS,
    callbackDays: values.WAYBILL_KEEP_CALLBACKS_DAYS,
    sessionDays: values.WAYBILL_KEEP_SESSIONS_DAYS,
    probeDays: values.WAYBILL_KEEP_PROBES_DAYS,
  };
}
