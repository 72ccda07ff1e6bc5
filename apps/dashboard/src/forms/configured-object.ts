import { queryOptions } from '@tanstack/react-query';
import type { AnswerOf, Approval, OperationId } from '#contract';
import { type Answered, call, callFully } from '../api/call.ts';
import type { Json } from './path.ts';

export type Noun = 'partner' | 'endpoint' | 'route';

/** What the api shows of each. */
export interface Configured {
  partner: AnswerOf<'getPartner'>;
  endpoint: AnswerOf<'getEndpoint'>;
  route: AnswerOf<'getRoute'>;
}

const OPERATIONS = {
  partner: { get: 'getPartner', create: 'createPartner', change: 'changePartner', remove: 'deletePartner' },
  endpoint: {
    get: 'getEndpoint',
    create: 'createEndpoint',
    change: 'changeEndpoint',
    remove: 'deleteEndpoint',
  },
  route: { get: 'getRoute', create: 'createRoute', change: 'changeRoute', remove: 'deleteRoute' },
} as const satisfies Record<Noun, Record<string, OperationId>>;

export interface Read<Of extends Noun> {
  object: Configured[Of];
  /** Goes back with a change: whoever was faster is noticed. */
  etag: string;
}

/** One object with its ETag. */
export function configuredQuery<Of extends Noun>(noun: Of, name: string) {
  const id = OPERATIONS[noun].get;
  return queryOptions({
    queryKey: [id, name],
    queryFn: async (): Promise<Read<Of>> => {
      const { body, etag } = await callFully(id, { params: { name } });
      return { object: body as unknown as Configured[Of], etag: etag ?? '' };
    },
  });
}

/**
 * The same for a form: read anew each time one is opened, and kept apart from what pages show, so that news of others does
 * not get under what somebody is typing.
 */
export function formQuery<Of extends Noun>(noun: Of, name: string) {
  const { queryFn } = configuredQuery(noun, name);
  return {
    queryKey: ['form', noun, name],
    queryFn: queryFn as () => Promise<Read<Of>>,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  };
}

export type Saved<Of extends Noun> =
  | { state: 'saved'; object: Configured[Of]; etag: string }
  /** 202: another admin has to approve it first. */
  | { state: 'waiting'; approval: Approval };

export async function createObject<Of extends Noun>(noun: Of, object: Json): Promise<Saved<Of>> {
  return savedOf(await callFully(OPERATIONS[noun].create, { body: object }));
}

export async function changeObject<Of extends Noun>(
  noun: Of,
  name: string,
  patch: Json,
  etag: string,
): Promise<Saved<Of>> {
  const headers = { 'if-match': etag };
  return savedOf(await callFully(OPERATIONS[noun].change, { params: { name }, headers, body: patch }));
}

export async function deleteObject(noun: Noun, name: string, etag: string): Promise<void> {
  await call(OPERATIONS[noun].remove, { params: { name }, headers: { 'if-match': etag } });
}

function savedOf<Of extends Noun>({ status, body, etag }: Answered<OperationId>): Saved<Of> {
  if (status === 202) return { state: 'waiting', approval: body as unknown as Approval };
  return { state: 'saved', object: body as unknown as Configured[Of], etag: etag ?? '' };
}
